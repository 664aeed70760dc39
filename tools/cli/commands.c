/* SPDX-License-Identifier: Apache-2.0
 *
 * The one table of commands. */
#include "tools/cli/command.h"

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
    {NULL, NULL, NULL, NULL, NULL, NULL},
};
