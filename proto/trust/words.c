/* SPDX-License-Identifier: Apache-2.0
 *
 * The 256 words that fingerprints are read aloud in: one word a byte, six words a fingerprint.
 *
 * Four to nine letters; no two share their first three letters or are fewer than three edits apart
 * (test_words.c), so that a word misheard is seldom another word of the list. Sorted, and fixed for
 * ever: a changed word would change every fingerprint. */
#include "proto/trust/keys.h"

/* clang-format off */
static const char WORDS[256][10] = {
    "acrobat", "admiral", "almond", "anchor", "antler", "apple", "arrow", "aspirin", "atlas",
    "autumn", "avenue", "avocado", "badge", "bakery", "balloon", "bamboo", "banjo", "barrel",
    "basket", "bathtub", "bazaar", "beacon", "beetle", "blossom", "bonfire", "boulder", "bronze",
    "buffalo", "bulldog", "button", "buzzard", "cabbage", "cactus", "calendar", "camel", "candle",
    "carpet", "cathedral", "caviar", "cedar", "ceramic", "chalk", "cherry", "chimney",
    "chocolate", "cinema", "circus", "cliff", "clover", "cobalt", "coconut", "concert", "copper",
    "courier", "cowboy", "crayon", "cricket", "crystal", "cuckoo", "cushion", "cymbal", "dagger",
    "dairy", "decimal", "delta", "dentist", "desert", "diamond", "dinosaur", "doctor", "dolphin",
    "domino", "donkey", "dough", "drum", "duchess", "dynamo", "eagle", "earth", "echo", "eclipse",
    "elastic", "elbow", "elephant", "ember", "emerald", "emperor", "engine", "envoy", "essay",
    "evening", "expert", "fabric", "falcon", "farmer", "festival", "fiddle", "finch", "fireman",
    "flamingo", "flint", "fluid", "forest", "fossil", "fountain", "freckle", "frigate", "galaxy",
    "garlic", "gateway", "gazelle", "genius", "geyser", "giant", "ginger", "glacier", "glucose",
    "goblet", "gondola", "goose", "gospel", "granite", "guitar", "harbour", "hedgehog", "helmet",
    "heron", "horizon", "hotel", "husky", "iceberg", "igloo", "indigo", "insect", "island",
    "ivory", "jaguar", "jasmine", "jelly", "jigsaw", "jungle", "kennel", "kingdom", "kitten",
    "koala", "ladder", "lagoon", "lantern", "lava", "leather", "leopard", "lilac", "lizard",
    "lobster", "lunar", "magnet", "marble", "meadow", "mermaid", "meteor", "mirror", "mosaic",
    "mushroom", "napkin", "nectar", "nickel", "nomad", "nugget", "nutmeg", "oasis", "ocean",
    "octopus", "olive", "onion", "opera", "orange", "orchid", "otter", "oxygen", "palace",
    "papaya", "pebble", "pelican", "pigeon", "pillow", "pirate", "planet", "pocket", "polar",
    "pony", "postman", "potato", "prairie", "prism", "pudding", "puffin", "pumpkin", "puzzle",
    "pyramid", "quartz", "quiver", "rabbit", "radish", "raft", "rainbow", "raven", "ribbon",
    "robin", "ruby", "saffron", "sailor", "satin", "seagull", "sheriff", "silver", "siren",
    "skipper", "smoke", "snail", "soldier", "spiral", "sponge", "squirrel", "stable", "storm",
    "sultan", "summit", "swallow", "teapot", "temple", "thunder", "toffee", "tractor", "tulip",
    "tundra", "turtle", "umbrella", "unicorn", "vacuum", "valley", "vanilla", "violin", "volcano",
    "vulture", "waffle", "walnut", "wasp", "whistle", "window", "wolf", "wombat", "yogurt",
    "zebra", "zenith", "zigzag", "zodiac",
};
/* clang-format on */

#define N_WORDS 6

void ph_words(char out[static PH_WORDS_TEXT_MAX], const struct ph_hash *hash)
{
    _Static_assert(N_WORDS * sizeof(WORDS[0]) <= PH_WORDS_TEXT_MAX, "six words fit");
    size_t at = 0;
    for (size_t i = 0; i < N_WORDS; i++) {
        const char *word = WORDS[hash->b[i]];
        size_t n = strlen(word);
        if (i > 0)
            out[at++] = ' ';
        memcpy(out + at, word, n);
        at += n;
    }
    out[at] = '\0';
}
