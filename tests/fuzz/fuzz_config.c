/* SPDX-License-Identifier: Apache-2.0
 *
 * Configuration: any text gives values in their ranges or one line that can be printed. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ph_config config;
    struct ph_why why = {0};
    char path[64];
    int fd = memfd_create("config", 0);
    if (fd < 0)
        return 0;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (write(fd, data, size) == (ssize_t)size && fchmod(fd, 0600) == 0) {
        if (ph_config_read(&config, path, &why) == PH_OK) {
            if (config.sessions_max < 1 || config.sessions_max > 1024 || config.workers > 64 ||
                config.store_max_size < PH_MIB(UINT64_C(16)))
                abort();
        } else {
            for (const char *c = why.what; *c; c++) {
                if ((unsigned char)*c < ' ')
                    abort();
            }
        }
    }
    close(fd);
    return 0;
}
