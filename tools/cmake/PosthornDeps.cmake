# SPDX-License-Identifier: Apache-2.0
#
# The libraries of Debian 12 that we link, each as the target PkgConfig::NAME. Imported targets hand
# on their include folders as SYSTEM, so our warnings do not judge them.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

function(ph_pkg name module)
    pkg_check_modules(${name} QUIET IMPORTED_TARGET GLOBAL ${module})
    if(NOT ${name}_FOUND)
        message(FATAL_ERROR "library ${module} is missing. Run: tools/setup build")
    endif()
endfunction()

ph_pkg(sodium libsodium)
ph_pkg(msgpack msgpack) # Debian's pkg-config name of msgpack-c
ph_pkg(zstd libzstd)
ph_pkg(jansson jansson)
ph_pkg(idn2 libidn2)
ph_pkg(psl libpsl)
ph_pkg(nettle nettle)
ph_pkg(uuid uuid)
ph_pkg(lmdb lmdb)
ph_pkg(uv libuv)
ph_pkg(inih inih)
ph_pkg(smartcols smartcols)

pkg_check_modules(cmocka QUIET IMPORTED_TARGET GLOBAL cmocka)
if(NOT cmocka_FOUND)
    message(STATUS "cmocka is missing: unit tests are not built. Run: tools/setup test")
endif()
