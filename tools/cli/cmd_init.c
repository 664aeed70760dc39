/* SPDX-License-Identifier: Apache-2.0
 *
 * posthorn init: keys, configuration, an empty store, and the request that stewards admit. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tools/cli/own_card.h"
#include "tools/cli/term.h"

struct init {
    struct ph_roster_org org;
    struct ph_card card; /* one node, one reading key: no arrays are owned beyond these */
    struct ph_card_node node;
    struct ph_card_reading_key reading;
    const char *listen;
    struct ph_home home;
    struct ph_buf passphrase;
};

static bool copy_text(char *out, size_t size, const char *text)
{
    size_t n = strlen(text);
    if (n == 0 || n >= size || !ph_utf8_is_valid(ph_bytes(text, n)))
        return false;
    memcpy(out, text, n + 1);
    return true;
}

static int take_option(struct ph_cli *cli, struct init *in, int option)
{
    struct ph_why why = {0};
    enum ph_err err = PH_OK;
    switch (option) {
    case 'o':
        err = ph_code_parse(&in->org.code, ph_bytes_str(optarg), &why);
        break;
    case 'k':
        err = ph_org_kind_parse(&in->org.kind, ph_bytes_str(optarg), &why);
        break;
    case 'n':
        if (!copy_text(in->org.name, sizeof(in->org.name), optarg))
            return ph_cli_usage(cli, "--name is empty or over %d bytes", PH_NAME_MAX);
        break;
    case 'm':
        if (!copy_text(in->node.name, sizeof(in->node.name), optarg))
            return ph_cli_usage(cli, "--node is empty or over %d bytes", PH_NAME_MAX);
        break;
    case 'c':
        if (strlen(optarg) != 2 || !copy_text(in->org.country, 3, optarg) ||
            strspn(optarg, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 2)
            return ph_cli_usage(cli, "--country takes two capital letters, such as IT");
        break;
    case 'l':
        in->listen = optarg;
        break;
    case 'a':
        if (in->node.n_addresses == PH_ADDRESSES_MAX || strchr(optarg, ':') == NULL ||
            !copy_text(in->node.addresses[in->node.n_addresses], PH_ADDRESS_MAX + 1, optarg))
            return ph_cli_usage(cli, "--address takes HOST:PORT, at most %d times",
                                PH_ADDRESSES_MAX);
        in->node.n_addresses++;
        break;
    default:
        return 2;
    }
    return err == PH_OK ? 0 : ph_cli_usage(cli, "%s", why.what);
}

static int parse(struct ph_cli *cli, struct init *in, int argc, char **argv)
{
    static const struct option options[] = {
        {"org", required_argument, NULL, 'o'},     {"name", required_argument, NULL, 'n'},
        {"country", required_argument, NULL, 'c'}, {"kind", required_argument, NULL, 'k'},
        {"listen", required_argument, NULL, 'l'},  {"address", required_argument, NULL, 'a'},
        {"node", required_argument, NULL, 'm'},    {NULL, 0, NULL, 0}};
    for (int c; (c = ph_cli_option(cli, argc, argv, options)) != -1;) {
        int code = take_option(cli, in, c);
        if (code != 0)
            return code;
    }
    if (optind < argc)
        return ph_cli_usage(cli, "unexpected argument \"%s\"", argv[optind]);
    if (in->org.code.s[0] == 0 || in->org.name[0] == 0 || in->org.country[0] == 0)
        return ph_cli_usage(cli, "--org, --name and --country are needed");
    if (in->listen != NULL && strchr(in->listen, ':') == NULL)
        return ph_cli_usage(cli, "--listen takes ADDRESS:PORT, such as 0.0.0.0:7433");
    bool any = in->listen &&
               (strncmp(in->listen, "0.0.0.0:", 8) == 0 || strncmp(in->listen, "[::]:", 5) == 0);
    if (in->listen != NULL && !any && in->node.n_addresses == 0) {
        (void)copy_text(in->node.addresses[0], PH_ADDRESS_MAX + 1, in->listen);
        in->node.n_addresses = 1;
    }
    if (any && in->node.n_addresses == 0)
        return ph_cli_usage(cli,
                            "--listen %s says where to listen but not how others reach it: "
                            "give --address HOST:PORT too",
                            in->listen);
    return 0;
}

/* A home that has keys is somebody's: never touched. Everything is refused before anything is made.
 */
static enum ph_err check_new(const struct init *in, struct ph_why *why)
{
    char path[4096];
    struct stat st;
    static const char *const names[] = {"store", "node", "transport", "org"};
    for (size_t i = 0; i < PH_LEN(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", in->home.keys, names[i]);
        if (lstat(path, &st) != 0)
            continue;
        enum ph_err err =
            ph_fail(why, PH_ERR_EXISTS, "\"%s\" is initialised already", in->home.dir);
        ph_hint(why, "Use another --home; nothing was changed");
        return err;
    }
    return PH_OK;
}

static enum ph_err make_keys(struct init *in, struct ph_why *why)
{
    const struct {
        enum ph_secret_kind kind;
        uint8_t *public_key;
    } keys[] = {{PH_SECRET_STORE, (uint8_t[32]){0}},
                {PH_SECRET_NODE, in->node.sign_key.b},
                {PH_SECRET_TRANSPORT, in->node.transport_key.b},
                {PH_SECRET_READING, in->reading.key.b},
                {PH_SECRET_ORG, in->org.key.b}};
    enum ph_err err = PH_OK;
    for (size_t i = 0; i < PH_LEN(keys) && err == PH_OK; i++) {
        struct ph_bytes passphrase =
            keys[i].kind == PH_SECRET_ORG ? ph_buf_bytes(&in->passphrase) : ph_bytes(NULL, 0);
        err = ph_key_make(&in->home, keys[i].kind, NULL, passphrase, keys[i].public_key, why);
    }
    return err;
}

static enum ph_err write_config(const struct init *in, struct ph_why *why)
{
    struct ph_buf text = ph_buf(8192);
    struct stat st;
    if (stat(in->home.conf, &st) == 0)
        return PH_OK; /* the packaged one, or the operator's own */
    enum ph_err err = ph_buf_printf(
        &text,
        "# Posthorn node of %s. Every key: posthorn.conf(5).\n\n[node]\n"
        "# Where to take calls from other nodes; without it the node only dials.\n%slisten = %s\n\n"
        "[store]\n# Largest size of the store; takes space only as it fills.\nmax_size = 16G\n\n"
        "[log]\n# error, warn, info, debug\nlevel = info\n# logfmt or json\nformat = logfmt\n",
        in->org.code.s, in->listen ? "" : "# ", in->listen ? in->listen : "0.0.0.0:7433");
    if (err == PH_OK)
        err = ph_file_replace(in->home.conf, ph_buf_bytes(&text), 0640, why);
    ph_buf_done(&text);
    return err;
}

static enum ph_err write_store(const struct init *in, struct ph_why *why)
{
    struct ph_identity *identity = NULL;
    struct ph_store *store = NULL;
    const struct ph_store_config config = {.mode = PH_STORE_WRITE, .create = true};
    enum ph_err err = ph_identity_load(&identity, &in->home, NULL, why);
    if (err == PH_OK)
        err = ph_store_open(&store, &in->home, identity, &config, why);
    if (err == PH_OK)
        err = ph_store_set_self(store, &in->org, why);
    ph_store_close(store);
    ph_identity_free(identity);
    return err;
}

/* The request, signed with the new organisation key, beside the configuration. */
static enum ph_err write_request(const struct init *in, char words[static PH_WORDS_TEXT_MAX],
                                 char path[static 4096], struct ph_why *why)
{
    struct ph_vault *vault = NULL;
    struct ph_request request = {.org = in->org};
    struct ph_buf bytes = ph_buf(4096);
    struct ph_hash hash;
    uint8_t public_key[32];
    enum ph_err err = ph_vault_new(&vault, 1, NULL);
    struct ph_secret *secret = err == PH_OK ? ph_secret_new(vault) : NULL;
    if (err == PH_OK)
        err = ph_key_load(secret, public_key, &in->home, PH_SECRET_ORG, NULL,
                          ph_buf_bytes(&in->passphrase), why);
    if (err == PH_OK)
        err = ph_request_sign(&request, secret->b);
    ph_vault_free(vault);
    if (err == PH_OK)
        err = ph_request_encode(&bytes, &request);
    if (err == PH_OK)
        err = ph_request_hash(&hash, &request);
    if (err == PH_OK) {
        ph_words(words, &hash);
        snprintf(path, 4096, "%s/%s.request", in->home.dir, in->org.code.s);
        err = ph_file_replace(path, ph_buf_bytes(&bytes), 0644, why);
    }
    ph_buf_done(&bytes);
    return err;
}

static enum ph_err make_home(struct ph_cli *cli, struct init *in,
                             char words[static PH_WORDS_TEXT_MAX], char path[static 4096],
                             struct ph_why *why)
{
    enum ph_err err = ph_home_locate(&in->home, cli->home, why);
    if (err == PH_OK)
        err = check_new(in, why);
    if (err == PH_OK)
        err = ph_term_passphrase(&in->passphrase, cli, NULL, "organisation key", true, why);
    if (err == PH_OK)
        err = ph_home_create(&in->home, why);
    if (err == PH_OK)
        err = make_keys(in, why);
    if (err == PH_OK)
        err = write_config(in, why);
    if (err == PH_OK)
        err = write_store(in, why);
    if (err != PH_OK)
        return err;
    in->card = (struct ph_card){.org = in->org.code,
                                .seq = 1,
                                .issued = in->org.joined,
                                .expires = in->org.joined + PH_CARD_LIFETIME_MS,
                                .nodes = &in->node,
                                .n_nodes = 1,
                                .reading_keys = &in->reading,
                                .n_reading_keys = 1};
    err = ph_own_card_save_draft(&in->home, &in->card, why);
    return err != PH_OK ? err : write_request(in, words, path, why);
}

int ph_cmd_init(struct ph_cli *cli, int argc, char **argv)
{
    struct init in = {0};
    struct ph_why why = {0};
    char words[PH_WORDS_TEXT_MAX], path[4096];
    memcpy(in.node.name, "node1", 6);
    int code = parse(cli, &in, argc, argv);
    if (code != 0)
        return code;
    in.org.joined = in.node.since = in.reading.since = ph_tool_now();
    enum ph_err err = make_home(cli, &in, words, path, &why);
    bool locked = in.passphrase.n > 0;
    ph_buf_wipe(&in.passphrase);
    if (err == PH_OK) {
        printf("Node of %s is ready in %s\n", in.org.code.s, in.home.dir);
        printf("Request for the stewards: %s\nIts fingerprint, to read to them: %s\n", path, words);
        if (!locked)
            fputs("posthorn: warning: the organisation key has no passphrase; whoever gets the "
                  "keys directory gets it\n",
                  stderr);
    }
    ph_home_done(&in.home);
    return err == PH_OK ? 0 : ph_cli_fail(err, &why);
}
