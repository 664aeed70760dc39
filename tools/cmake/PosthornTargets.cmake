# SPDX-License-Identifier: Apache-2.0
#
# The words in which the folders of this tree describe themselves.

# ph_library(NAME SOURCES a.c b.c DEPS posthorn_base PkgConfig::sodium)
# A static library of one folder. DEPS are what it may call; they are handed on to its users.
# Without sources it is an INTERFACE library, so that a folder may be declared before it is filled.
function(ph_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS")
    if(arg_SOURCES)
        add_library(${name} STATIC ${arg_SOURCES})
        target_link_libraries(${name} PUBLIC ${arg_DEPS} PRIVATE posthorn::flags)
    else()
        add_library(${name} INTERFACE)
        target_link_libraries(${name} INTERFACE ${arg_DEPS})
    endif()
endfunction()

# ph_executable(NAME SOURCES main.c DEPS … [INSTALL])
# A program of ours, in <build>/bin. Nothing is made without sources.
function(ph_executable name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "INSTALL" "" "SOURCES;DEPS")
    if(NOT arg_SOURCES)
        return()
    endif()
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE ${arg_DEPS} posthorn::flags)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
    if(arg_INSTALL)
        install(TARGETS ${name} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
    endif()
endfunction()
