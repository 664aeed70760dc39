/* SPDX-License-Identifier: Apache-2.0
 *
 * cmocka with what it needs before it. Every unit test includes this one first after its own
 * header.
 *
 * PH_TEST_DATA is the absolute path of tests/data, PH_TEST_DIR that of tests (set by CMake). */
#ifndef PH_TESTS_LIB_TEST_H
#define PH_TESTS_LIB_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
