/* SPDX-License-Identifier: Apache-2.0
 *
 * The one table of commands. */
#include "tools/cli/command.h"
#include "tools/cli/share.h"

#define SET_UP     "Set up"
#define SHARE      "Share"
#define LOOK       "Look"
#define GIVE_OUT   "Give out"
#define NETWORK    "Network"
#define LOOK_AFTER "Look after"

const struct ph_command ph_commands[] = {
    {"init", SET_UP, "--org CODE --name NAME --country CC [--listen ADDRESS:PORT] …",
     "make keys, configuration and an empty store; write CODE.request",
     "  --org CODE        short code of the organisation: 2 to 16 of A-Z 0-9 -\n"
     "  --name NAME       its name\n"
     "  --country CC      ISO 3166-1 code\n"
     "  --kind KIND       operator (default), regulator, government, partner\n"
     "  --listen A:PORT   where this node takes calls; without it, it only dials\n"
     "  --address H:PORT  how others reach it, when that is not --listen; up to 8 times\n"
     "  --node NAME       name of this machine on the card (default: node1)\n",
     ph_cmd_init},
    {"community create", SET_UP, "NAME", "found a community: steward key, first roster, own card",
     NULL, ph_cmd_community_create},
    {"roster show", SET_UP, "[FILE]", "print the roster in force, or a draft", NULL,
     ph_cmd_roster_show},
    {"roster edit", SET_UP, "--out FILE [--add REQUEST] [--group NAME=A,B] …",
     "make a draft of the next roster",
     "  --out FILE             where the draft goes\n"
     "  --add FILE.request     admit an organisation\n"
     "  --remove CODE          remove one; --reason TEXT says why\n"
     "  --group NAME=A,B,…     make or replace a group; --title TEXT names it in full\n"
     "  --remove-group NAME\n"
     "  --stewards KEY,KEY…    replace the stewards (phstew1…)\n"
     "  --threshold N          how many of them must sign\n",
     ph_cmd_roster_edit},
    {"roster sign", SET_UP, "DRAFT", "sign a draft with this machine's steward key", NULL,
     ph_cmd_roster_sign},
    {"roster apply", SET_UP, "DRAFT", "put a draft with enough signatures into force", NULL,
     ph_cmd_roster_apply},
    {"invite", SET_UP, "CODE --out FILE", "write the invite that a new member joins with", NULL,
     ph_cmd_invite},
    {"join", SET_UP, "FILE.invite", "join the community of an invite", NULL, ph_cmd_join},
    {"person add", SET_UP, "HANDLE --name NAME [--role ROLE]",
     "make a person's key and put it on the card",
     "  --name NAME                 full name\n"
     "  --role ROLE                 such as analyst\n"
     "  --passphrase-file FILE      the person's own passphrase (required; or a terminal)\n"
     "  --org-passphrase-file FILE  the organisation key's, when it has one\n",
     ph_cmd_person_add},
    {"import", SHARE, "FILE… --to AUDIENCE [--tlp LABEL] …",
     "share STIX bundles and plain lists; - is standard input, a folder its files",
     PH_SHARE_HELP
     "  --strict          one bad object, and nothing is stored\n"
     "  --single          one object a record\n"
     "\nObjects that carry TLP markings keep them where they are stricter than --tlp; "
     "bad objects are\nlisted and the good ones stored (exit 1). Importing the same "
     "again stores nothing new.\n"
     "\n  posthorn import --tlp AMBER --to group:alps phishing.stix.json\n",
     ph_cmd_import},
    {"publish", SHARE, "indicator KIND VALUE --to AUDIENCE [--tlp LABEL] [--note TEXT] …",
     "share one finding: domain, ip, url, mail or hash",
     PH_SHARE_HELP "  --note TEXT       what it is\n"
                   "\n  posthorn publish --tlp GREEN --to community indicator domain "
                   "poste-verifica.example --note smishing\n",
     ph_cmd_publish},
    {"ls", LOOK, "[--tlp LABEL] [--to AUDIENCE] [--org CODE] [--since 24h] …",
     "list records, newest first",
     "  --tlp LABEL       of that label\n"
     "  --to AUDIENCE     to that audience\n"
     "  --org CODE        from that organisation\n"
     "  --since WHEN      24h, 30d, 2026-11-23 or 2026-11-23T10:00:00Z; --until WHEN likewise\n"
     "  --type TYPE       content, grant, retract, …; or what is in them: indicator, malware, …\n"
     "  --all             all types of records, not content alone\n"
     "  --limit N         at most N\n",
     ph_cmd_ls},
    {"show", LOOK, "ID", "one record by the beginning of its id, or a STIX object's versions", NULL,
     ph_cmd_show},
    {"search", LOOK, "WORD… [--limit N]", "objects whose names and descriptions hold all the words",
     NULL, ph_cmd_search},
    {"lookup", LOOK, "[VALUE…]", "look values up: arguments, or one a line on standard input",
     "Values are domains, addresses, networks, URLs, mail addresses and file hashes, defanged or not.\n"
     "Parents are looked up too: domains above a name, networks around an address.\n"
     "Exit 0 when any was found, 1 when none was.\n"
     "\n  cut -d' ' -f7 access.log | posthorn lookup --json\n",
     ph_cmd_lookup},
    {"export", GIVE_OUT, "--format stix --for CLASS [--tlp MAX] [--since WHEN] [--out FILE]",
     "write what may leave to a class of readers",
     "  --for CLASS       internal, client, community or public\n"
     "  --tlp MAX         nothing stricter than that\n"
     "  --since WHEN      records from then on\n"
     "  --out FILE        replaced when all of it is written; else standard output\n",
     ph_cmd_export},
    {"status", NETWORK, "", "how this node is", NULL, ph_cmd_status},
    {"peers", NETWORK, "", "the nodes this one knows, and whether they are in sync", NULL,
     ph_cmd_peers},
    {"verify", LOOK_AFTER, "", "check every record, signature and index in the store", NULL,
     ph_cmd_verify},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};
