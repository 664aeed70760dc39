# SPDX-License-Identifier: Apache-2.0
#
# How every file of ours is compiled. posthorn::flags carries warnings; sanitizers and hardening
# change code generation and linking, so they apply to all targets alike.
include(CheckCCompilerFlag)

set(CMAKE_C_STANDARD 23) # gnu2x, for [[nodiscard]] alone; headers stay valid C11 (tests/lint/headers)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)

# CMake's own RelWithDebInfo adds NDEBUG. Our assertions stay on in release.
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")
# -O1 keeps the sanitized tests quick and lets gcc see flows that it warns about.
set(CMAKE_C_FLAGS_DEBUG "-O1 -g")

add_library(posthorn_flags INTERFACE)
add_library(posthorn::flags ALIAS posthorn_flags)

target_include_directories(posthorn_flags INTERFACE "${CMAKE_SOURCE_DIR}")
# PH_DEBUG makes PH_NEVER abort (proto/base/assert.h); release builds answer with an error instead.
target_compile_definitions(posthorn_flags INTERFACE _GNU_SOURCE PH_VERSION="${PROJECT_VERSION}" $<$<CONFIG:Debug>:PH_DEBUG>)
target_compile_options(posthorn_flags INTERFACE
    -Wall -Wextra -Wpedantic -Werror -Wconversion -Wsign-conversion -Wshadow -Wcast-qual
    -Wcast-align -Wpointer-arith -Wwrite-strings -Wstrict-prototypes -Wold-style-definition
    -Wmissing-prototypes -Wredundant-decls -Wnested-externs -Wundef -Wvla -Walloca -Wfloat-equal
    -Wdouble-promotion -Wformat=2 -Wimplicit-fallthrough -Wunused-macros
    -Werror=implicit-function-declaration
    -fno-common -fno-omit-frame-pointer -fvisibility=hidden
    # No path of the building machine in a binary or in an assertion's text.
    "-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=")

# Add each flag that the compiler of the day knows, and skip the others in silence.
function(ph_probe_flags out)
    set(known "")
    foreach(flag IN LISTS ARGN)
        string(MAKE_C_IDENTIFIER "PH_HAS${flag}" var)
        check_c_compiler_flag("${flag}" ${var})
        if(${var})
            list(APPEND known "${flag}")
        endif()
    endforeach()
    set(${out} "${known}" PARENT_SCOPE)
endfunction()

set(CMAKE_REQUIRED_QUIET ON)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    ph_probe_flags(ph_compiler_warnings
        -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wrestrict -Wstringop-overflow=4
        -Warray-bounds=2 -Wshift-overflow=2 -Wtrampolines -Wformat-signedness -Wbidi-chars=any)
else()
    ph_probe_flags(ph_compiler_warnings
        -Wcomma -Wassign-enum -Wconditional-uninitialized -Wunreachable-code-aggressive
        -Wmissing-variable-declarations)
endif()
target_compile_options(posthorn_flags INTERFACE ${ph_compiler_warnings})

if(PH_SANITIZE)
    add_compile_options("-fsanitize=${PH_SANITIZE}")
    add_link_options("-fsanitize=${PH_SANITIZE}")
    if(NOT PH_SANITIZE STREQUAL "thread")
        add_compile_options(-fno-sanitize-recover=all)
    endif()
endif()

if(PH_HARDEN)
    ph_probe_flags(ph_hardening
        -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
        -ftrivial-auto-var-init=zero -fzero-call-used-regs=used-gpr -fstrict-flex-arrays=3
        -fno-delete-null-pointer-checks -fno-strict-overflow)
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 ${ph_hardening})
    # A shim that a test preloads is a shared object: it keeps CMake's -fPIC.
    set(ph_type "$<TARGET_PROPERTY:TYPE>")
    add_compile_options($<$<IN_LIST:${ph_type},EXECUTABLE$<SEMICOLON>STATIC_LIBRARY>:-fPIE>)
    add_link_options($<$<STREQUAL:${ph_type},EXECUTABLE>:-pie>
        -Wl,-z,relro,-z,now,-z,noexecstack,-z,nodlopen)
endif()
unset(CMAKE_REQUIRED_QUIET)
