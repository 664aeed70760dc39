# SPDX-License-Identifier: Apache-2.0
#
# The words in which tests/ registers its tests. Names are label/test_NAME; every test has a TIMEOUT.

set(PH_TEST_ENVIRONMENT
    "PH_BIN_DIR=${CMAKE_BINARY_DIR}/bin"
    "PH_BUILD_DIR=${CMAKE_BINARY_DIR}"
    "PH_SOURCE_DIR=${CMAKE_SOURCE_DIR}"
    "ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1"
    "UBSAN_OPTIONS=print_stacktrace=1")
if(PH_FULL)
    list(APPEND PH_TEST_ENVIRONMENT "PH_FULL=1")
endif()

# ph_test_executable(NAME SOURCES … DEPS …): a program that only tests run. PH_TEST_DATA is the
# absolute path of tests/data, PH_TEST_DIR that of tests.
function(ph_test_executable name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS")
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE ${arg_DEPS} posthorn::flags)
    target_compile_definitions(${name} PRIVATE
        PH_TEST_DIR="${CMAKE_SOURCE_DIR}/tests" PH_TEST_DATA="${CMAKE_SOURCE_DIR}/tests/data")
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
endfunction()

# ph_test_command(LABEL NAME TIMEOUT command…)
function(ph_test_command label name timeout)
    if(PH_FULL)
        math(EXPR timeout "${timeout} * 10")
    endif()
    add_test(NAME ${label}/${name} COMMAND ${ARGN})
    set_tests_properties(${label}/${name} PROPERTIES LABELS ${label} TIMEOUT ${timeout}
        ENVIRONMENT "${PH_TEST_ENVIRONMENT}")
endfunction()

# ph_unit_test(test_NAME.c [SOURCES more.c] DEPS posthorn_base …): one cmocka program.
function(ph_unit_test source)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SOURCES;DEPS")
    if(PH_FUZZ OR NOT cmocka_FOUND)
        return()
    endif()
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 60)
    endif()
    get_filename_component(name "${source}" NAME_WE)
    ph_test_executable(${name} SOURCES ${source} ${arg_SOURCES}
        DEPS posthorn_test ${arg_DEPS} PkgConfig::cmocka)
    ph_test_command(unit ${name} ${arg_TIMEOUT} ${name})
endfunction()

# ph_vector_test(test_NAME.c DEPS …): a cmocka program over published vectors.
function(ph_vector_test source)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS")
    if(PH_FUZZ OR NOT cmocka_FOUND)
        return()
    endif()
    get_filename_component(name "${source}" NAME_WE)
    ph_test_executable(${name} SOURCES ${source} ${arg_SOURCES}
        DEPS posthorn_test ${arg_DEPS} PkgConfig::cmocka)
    ph_test_command(vectors ${name} 120 ${name})
endfunction()

# ph_shell_test(LABEL test_x.sh [TIMEOUT seconds]): a script that finds the programs in $PH_BIN_DIR.
function(ph_shell_test label script)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "TIMEOUT" "")
    if(PH_FUZZ)
        return()
    endif()
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 180)
    endif()
    get_filename_component(name "${script}" NAME_WE)
    ph_test_command(${label} ${name} ${arg_TIMEOUT} bash "${CMAKE_CURRENT_SOURCE_DIR}/${script}")
endfunction()

# ph_fuzz_target(fuzz_NAME.c DEPS …): LLVMFuzzerTestOneInput over tests/fuzz/corpus/NAME. Under the
# fuzz preset libFuzzer drives it for a few seconds; elsewhere replay.c runs corpus and mutations.
function(ph_fuzz_target source)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS")
    get_filename_component(name "${source}" NAME_WE)
    string(REGEX REPLACE "^fuzz_" "" corpus "${name}")
    set(corpus "${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${corpus}")
    if(PH_FUZZ)
        ph_test_executable(${name} SOURCES ${source} ${arg_SOURCES} DEPS ${arg_DEPS})
        target_link_options(${name} PRIVATE -fsanitize=fuzzer)
        ph_test_command(fuzz ${name} 900
            bash "${CMAKE_SOURCE_DIR}/tests/fuzz/run-fuzzer" $<TARGET_FILE:${name}> "${corpus}")
    else()
        ph_test_executable(${name} SOURCES ${source} "${CMAKE_SOURCE_DIR}/tests/fuzz/replay.c"
            ${arg_SOURCES} DEPS ${arg_DEPS})
        ph_test_command(fuzz ${name} 120 ${name} "${corpus}")
    endif()
endfunction()
