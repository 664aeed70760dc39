/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/intel/stix_types.h"

#include <stdlib.h>

/* R is required, P is optional. */
#define R(kind, name)                  \
    {                                  \
        name, PH_PROPERTY_##kind, true \
    }
#define P(kind, name)                   \
    {                                   \
        name, PH_PROPERTY_##kind, false \
    }

/* clang-format off */
static const struct ph_stix_property common[] = {
    R(TEXT, "type"), R(ID, "id"), P(TEXT, "spec_version"), P(ID, "created_by_ref"),
    P(TIME, "created"), P(TIME, "modified"), P(BOOL, "revoked"), P(TEXTS, "labels"),
    P(INT, "confidence"), P(TEXT, "lang"), P(REFERENCES, "external_references"),
    P(IDS, "object_marking_refs"), P(MARKINGS, "granular_markings"), P(BOOL, "defanged"),
    P(DICT, "extensions"),
};

/* Section 4 */
static const struct ph_stix_property attack_pattern[] = {
    R(TEXT, "name"), P(TEXT, "description"), P(TEXTS, "aliases"), P(PHASES, "kill_chain_phases"),
};
static const struct ph_stix_property campaign[] = {
    R(TEXT, "name"), P(TEXT, "description"), P(TEXTS, "aliases"), P(TIME, "first_seen"),
    P(TIME, "last_seen"), P(TEXT, "objective"),
};
static const struct ph_stix_property course_of_action[] = {
    R(TEXT, "name"), P(TEXT, "description"),
};
static const struct ph_stix_property grouping[] = {
    R(TEXT, "name"), P(TEXT, "description"), R(TEXT, "context"), R(IDS, "object_refs"),
};
static const struct ph_stix_property identity[] = {
    R(TEXT, "name"), P(TEXT, "description"), P(TEXTS, "roles"), P(TEXT, "identity_class"),
    P(TEXTS, "sectors"), P(TEXT, "contact_information"),
};
static const struct ph_stix_property incident[] = {
    R(TEXT, "name"), P(TEXT, "description"),
};
static const struct ph_stix_property indicator[] = {
    P(TEXT, "name"), P(TEXT, "description"), P(TEXTS, "indicator_types"), R(TEXT, "pattern"),
    R(TEXT, "pattern_type"), P(TEXT, "pattern_version"), R(TIME, "valid_from"),
    P(TIME, "valid_until"), P(PHASES, "kill_chain_phases"),
};
static const struct ph_stix_property infrastructure[] = {
    R(TEXT, "name"), P(TEXT, "description"), P(TEXTS, "infrastructure_types"),
    P(TEXTS, "aliases"), P(PHASES, "kill_chain_phases"), P(TIME, "first_seen"),
    P(TIME, "last_seen"),
};
static const struct ph_stix_property intrusion_set[] = {
    R(TEXT, "name"), P(TEXT, "description"), P(TEXTS, "aliases"), P(TIME, "first_seen"),
    P(TIME, "last_seen"), P(TEXTS, "goals"), P(TEXT, "resource_level"),
    P(TEXT, "primary_motivation"), P(TEXTS, "secondary_motivations"),
};
static const struct ph_stix_property location[] = {
    P(TEXT, "name"), P(TEXT, "description"), P(REAL, "latitude"), P(REAL, "longitude"),
    P(REAL, "precision"), P(TEXT, "region"), P(TEXT, "country"), P(TEXT, "administrative_area"),
    P(TEXT, "city"), P(TEXT, "street_address"), P(TEXT, "postal_code"),
};
static const struct ph_stix_property malware[] = {
    P(TEXT, "name"), P(TEXT, "description"), P(TEXTS, "malware_types"), P(BOOL, "is_family"),
    P(TEXTS, "aliases"), P(PHASES, "kill_chain_phases"), P(TIME, "first_seen"),
    P(TIME, "last_seen"), P(IDS, "operating_system_refs"),
    P(TEXTS, "architecture_execution_envs"), P(TEXTS, "implementation_languages"),
    P(TEXTS, "capabilities"), P(IDS, "sample_refs"),
};
static const struct ph_stix_property malware_analysis[] = {
    R(TEXT, "product"), P(TEXT, "version"), P(ID, "host_vm_ref"), P(ID, "operating_system_ref"),
    P(IDS, "installed_software_refs"), P(TEXT, "configuration_version"), P(TEXTS, "modules"),
    P(TEXT, "analysis_engine_version"), P(TEXT, "analysis_definition_version"),
    P(TIME, "submitted"), P(TIME, "analysis_started"), P(TIME, "analysis_ended"),
    P(TEXT, "result_name"), P(TEXT, "result"), P(IDS, "analysis_sco_refs"), P(ID, "sample_ref"),
};
static const struct ph_stix_property note[] = {
    P(TEXT, "abstract"), R(TEXT, "content"), P(TEXTS, "authors"), R(IDS, "object_refs"),
};
static const struct ph_stix_property observed_data[] = {
    R(TIME, "first_observed"), R(TIME, "last_observed"), R(INT, "number_observed"),
    P(DICT, "objects"), P(IDS, "object_refs"),
};
static const struct ph_stix_property opinion[] = {
    P(TEXT, "explanation"), P(TEXTS, "authors"), R(TEXT, "opinion"), R(IDS, "object_refs"),
};
static const struct ph_stix_property report[] = {
    R(TEXT, "name"), P(TEXT, "description"), P(TEXTS, "report_types"), R(TIME, "published"),
    R(IDS, "object_refs"),
};
static const struct ph_stix_property threat_actor[] = {
    R(TEXT, "name"), P(TEXT, "description"), P(TEXTS, "threat_actor_types"), P(TEXTS, "aliases"),
    P(TIME, "first_seen"), P(TIME, "last_seen"), P(TEXTS, "roles"), P(TEXTS, "goals"),
    P(TEXT, "sophistication"), P(TEXT, "resource_level"), P(TEXT, "primary_motivation"),
    P(TEXTS, "secondary_motivations"), P(TEXTS, "personal_motivations"),
};
static const struct ph_stix_property tool[] = {
    R(TEXT, "name"), P(TEXT, "description"), P(TEXTS, "tool_types"), P(TEXTS, "aliases"),
    P(PHASES, "kill_chain_phases"), P(TEXT, "tool_version"),
};
static const struct ph_stix_property vulnerability[] = {
    R(TEXT, "name"), P(TEXT, "description"),
};

/* Section 5 */
static const struct ph_stix_property relationship[] = {
    R(TEXT, "relationship_type"), P(TEXT, "description"), R(ID, "source_ref"),
    R(ID, "target_ref"), P(TIME, "start_time"), P(TIME, "stop_time"),
};
static const struct ph_stix_property sighting[] = {
    P(TEXT, "description"), P(TIME, "first_seen"), P(TIME, "last_seen"), P(INT, "count"),
    R(ID, "sighting_of_ref"), P(IDS, "observed_data_refs"), P(IDS, "where_sighted_refs"),
    P(TEXT, "summary"),
};

/* Section 6 */
static const struct ph_stix_property artifact[] = {
    P(TEXT, "mime_type"), P(BASE64, "payload_bin"), P(TEXT, "url"), P(HASHES, "hashes"),
    P(TEXT, "encryption_algorithm"), P(TEXT, "decryption_key"),
};
static const struct ph_stix_property autonomous_system[] = {
    R(INT, "number"), P(TEXT, "name"), P(TEXT, "rir"),
};
static const struct ph_stix_property directory[] = {
    R(TEXT, "path"), P(TEXT, "path_enc"), P(TIME, "ctime"), P(TIME, "mtime"), P(TIME, "atime"),
    P(IDS, "contains_refs"),
};
static const struct ph_stix_property domain_name[] = {
    R(TEXT, "value"), P(IDS, "resolves_to_refs"),
};
static const struct ph_stix_property email_addr[] = {
    R(TEXT, "value"), P(TEXT, "display_name"), P(ID, "belongs_to_ref"),
};
static const struct ph_stix_property email_message[] = {
    R(BOOL, "is_multipart"), P(TIME, "date"), P(TEXT, "content_type"), P(ID, "from_ref"),
    P(ID, "sender_ref"), P(IDS, "to_refs"), P(IDS, "cc_refs"), P(IDS, "bcc_refs"),
    P(TEXT, "message_id"), P(TEXT, "subject"), P(TEXTS, "received_lines"),
    P(DICT, "additional_header_fields"), P(TEXT, "body"), P(DICTS, "body_multipart"),
    P(ID, "raw_email_ref"),
};
static const struct ph_stix_property file[] = {
    P(HASHES, "hashes"), P(INT, "size"), P(TEXT, "name"), P(TEXT, "name_enc"),
    P(HEX, "magic_number_hex"), P(TEXT, "mime_type"), P(TIME, "ctime"), P(TIME, "mtime"),
    P(TIME, "atime"), P(ID, "parent_directory_ref"), P(IDS, "contains_refs"),
    P(ID, "content_ref"),
};
static const struct ph_stix_property ipv4_addr[] = {
    R(TEXT, "value"), P(IDS, "resolves_to_refs"), P(IDS, "belongs_to_refs"),
};
static const struct ph_stix_property ipv6_addr[] = {
    R(TEXT, "value"), P(IDS, "resolves_to_refs"), P(IDS, "belongs_to_refs"),
};
static const struct ph_stix_property mac_addr[] = {
    R(TEXT, "value"),
};
static const struct ph_stix_property mutex[] = {
    R(TEXT, "name"),
};
static const struct ph_stix_property network_traffic[] = {
    P(TIME, "start"), P(TIME, "end"), P(BOOL, "is_active"), P(ID, "src_ref"), P(ID, "dst_ref"),
    P(INT, "src_port"), P(INT, "dst_port"), R(TEXTS, "protocols"), P(INT, "src_byte_count"),
    P(INT, "dst_byte_count"), P(INT, "src_packets"), P(INT, "dst_packets"), P(DICT, "ipfix"),
    P(ID, "src_payload_ref"), P(ID, "dst_payload_ref"), P(IDS, "encapsulates_refs"),
    P(ID, "encapsulated_by_ref"),
};
static const struct ph_stix_property process[] = {
    P(BOOL, "is_hidden"), P(INT, "pid"), P(TIME, "created_time"), P(TEXT, "cwd"),
    P(TEXT, "command_line"), P(DICT, "environment_variables"), P(IDS, "opened_connection_refs"),
    P(ID, "creator_user_ref"), P(ID, "image_ref"), P(ID, "parent_ref"), P(IDS, "child_refs"),
};
static const struct ph_stix_property software[] = {
    R(TEXT, "name"), P(TEXT, "cpe"), P(TEXT, "swid"), P(TEXTS, "languages"), P(TEXT, "vendor"),
    P(TEXT, "version"),
};
static const struct ph_stix_property url[] = {
    R(TEXT, "value"),
};
static const struct ph_stix_property user_account[] = {
    P(TEXT, "user_id"), P(TEXT, "credential"), P(TEXT, "account_login"), P(TEXT, "account_type"),
    P(TEXT, "display_name"), P(BOOL, "is_service_account"), P(BOOL, "is_privileged"),
    P(BOOL, "can_escalate_privs"), P(BOOL, "is_disabled"), P(TIME, "account_created"),
    P(TIME, "account_expires"), P(TIME, "credential_last_changed"),
    P(TIME, "account_first_login"), P(TIME, "account_last_login"),
};
static const struct ph_stix_property windows_registry_key[] = {
    P(TEXT, "key"), P(DICTS, "values"), P(TIME, "modified_time"), P(ID, "creator_user_ref"),
    P(INT, "number_of_subkeys"),
};
static const struct ph_stix_property x509_certificate[] = {
    P(BOOL, "is_self_signed"), P(HASHES, "hashes"), P(TEXT, "version"), P(TEXT, "serial_number"),
    P(TEXT, "signature_algorithm"), P(TEXT, "issuer"), P(TIME, "validity_not_before"),
    P(TIME, "validity_not_after"), P(TEXT, "subject"), P(TEXT, "subject_public_key_algorithm"),
    P(TEXT, "subject_public_key_modulus"), P(INT, "subject_public_key_exponent"),
    P(DICT, "x509_v3_extensions"),
};

/* Section 7 */
static const struct ph_stix_property language_content[] = {
    R(ID, "object_ref"), P(TIME, "object_modified"), R(DICT, "contents"),
};
static const struct ph_stix_property marking_definition[] = {
    P(TEXT, "name"), P(TEXT, "definition_type"), P(DICT, "definition"),
};
static const struct ph_stix_property extension_definition[] = {
    R(TEXT, "name"), P(TEXT, "description"), R(TEXT, "schema"), R(TEXT, "version"),
    R(TEXTS, "extension_types"), P(TEXTS, "extension_properties"),
};

#define T(class, name, properties) {name, PH_STIX_##class, properties, PH_LEN(properties)}
/* Sorted by name. */
static const struct ph_stix_type types[] = {
    T(SCO, "artifact", artifact),
    T(SDO, "attack-pattern", attack_pattern),
    T(SCO, "autonomous-system", autonomous_system),
    T(SDO, "campaign", campaign),
    T(SDO, "course-of-action", course_of_action),
    T(SCO, "directory", directory),
    T(SCO, "domain-name", domain_name),
    T(SCO, "email-addr", email_addr),
    T(SCO, "email-message", email_message),
    T(META, "extension-definition", extension_definition),
    T(SCO, "file", file),
    T(SDO, "grouping", grouping),
    T(SDO, "identity", identity),
    T(SDO, "incident", incident),
    T(SDO, "indicator", indicator),
    T(SDO, "infrastructure", infrastructure),
    T(SDO, "intrusion-set", intrusion_set),
    T(SCO, "ipv4-addr", ipv4_addr),
    T(SCO, "ipv6-addr", ipv6_addr),
    T(META, "language-content", language_content),
    T(SDO, "location", location),
    T(SCO, "mac-addr", mac_addr),
    T(SDO, "malware", malware),
    T(SDO, "malware-analysis", malware_analysis),
    T(META, "marking-definition", marking_definition),
    T(SCO, "mutex", mutex),
    T(SCO, "network-traffic", network_traffic),
    T(SDO, "note", note),
    T(SDO, "observed-data", observed_data),
    T(SDO, "opinion", opinion),
    T(SCO, "process", process),
    T(SRO, "relationship", relationship),
    T(SDO, "report", report),
    T(SRO, "sighting", sighting),
    T(SCO, "software", software),
    T(SDO, "threat-actor", threat_actor),
    T(SDO, "tool", tool),
    T(SCO, "url", url),
    T(SCO, "user-account", user_account),
    T(SDO, "vulnerability", vulnerability),
    T(SCO, "windows-registry-key", windows_registry_key),
    T(SCO, "x509-certificate", x509_certificate),
};
#undef T
/* clang-format on */

static int by_name(const void *key, const void *entry)
{
    return strcmp((const char *)key, ((const struct ph_stix_type *)entry)->name);
}

const struct ph_stix_type *ph_stix_type_find(const char *name)
{
    return bsearch(name, types, PH_LEN(types), sizeof(types[0]), by_name);
}

const struct ph_stix_property *ph_stix_common(size_t *out_n)
{
    *out_n = PH_LEN(common);
    return common;
}
