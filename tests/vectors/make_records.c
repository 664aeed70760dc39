/* SPDX-License-Identifier: Apache-2.0
 *
 *     make_records > records.json
 */
#include <sodium.h>
#include <stdio.h>

#include "tests/vectors/records.h"

int main(void)
{
    json_object_seed(1);
    if (sodium_init() < 0)
        return 1;
    struct ph_buf text = ph_test_records_text();
    size_t n = fwrite(text.p, 1, text.n, stdout);
    int failed = n != text.n || fflush(stdout) != 0;
    ph_buf_done(&text);
    return failed;
}
