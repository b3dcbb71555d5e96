/* SPDX-License-Identifier: BSD-2-Clause */
/* One line per field type. Knows no field. */
#include "tool/schema_type.h"

#define NUMBER "0|[1-9][0-9]{0,19}"
#define UTC "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{9}Z$"

static const struct schema_type types[] = {
	[FIELD_HIDDEN] = {"hidden", "string", NULL, "keyword", false},
	[FIELD_NUMBER] = {"number", "integer", NULL, "long", false},
	[FIELD_ID] = {"id", "string", "^(" NUMBER ")$", "keyword", false},
	[FIELD_HEX] = {"hex", "string", "^[0-9a-f]{16}$", "keyword", false},
	[FIELD_BOOL] = {"boolean", "boolean", NULL, "boolean", false},
	[FIELD_ENUM] = {"word", "string", NULL, "keyword", false},
	[FIELD_STRING] = {"text", "string", NULL, "keyword", false},
	[FIELD_PATH] = {"text", "string", NULL, "keyword", false},
	[FIELD_BASENAME] = {"text", "string", NULL, "keyword", false},
	[FIELD_DIRNAME] = {"text", "string", NULL, "keyword", false},
	[FIELD_LIST] = {"list of texts", "string", NULL, "keyword", true},
	[FIELD_JOINED] = {"text", "string", NULL, "wildcard", false},
	[FIELD_COMM] = {"text", "string", NULL, "keyword", false},
	[FIELD_TIME_BOOT] = {"time", "string", UTC, "date_nanos", false},
	[FIELD_TIME_WALL] = {"time", "string", UTC, "date_nanos", false},
	[FIELD_UUID] = {"uuid", "string",
			"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", "keyword",
			false},
	[FIELD_MODE] = {"octal mode", "string", "^[0-7]{4}$", "keyword", false},
	[FIELD_FILE_TYPE] = {"word", "string", "^[a-z_]+$", "keyword", false},
	[FIELD_DEVICE] = {"device", "string", "^[0-9]+:[0-9]+$", "keyword", false},
	[FIELD_MAJOR] = {"number", "integer", NULL, "long", false},
	[FIELD_MINOR] = {"number", "integer", NULL, "long", false},
	[FIELD_CAPS] = {"list of capabilities", "string", "^(CAP_[A-Z_]+|[0-9]+)$", "keyword",
			true},
	[FIELD_SIGNAL] = {"signal", "string", "^(SIG[A-Z0-9+]+|[0-9]+)$", "keyword", false},
	[FIELD_SIGNED] = {"signed number", "integer", NULL, "long", false},
	[FIELD_ERRNO] = {"error name", "string", "^(E[A-Z0-9]+|[0-9]+)$", "keyword", false},
	[FIELD_ERROR_TEXT] = {"text", "string", NULL, "match_only_text", false},
	[FIELD_OPEN_FLAGS] = {"list of flags", "string", "^(O_[A-Z]+|3|0x[0-9a-f]+)$", "keyword",
			      true},
	[FIELD_RESOLVE] = {"list of flags", "string", "^(RESOLVE_[A-Z_]+|0x[0-9a-f]+)$", "keyword",
			   true},
	[FIELD_MAP] = {"map of texts", "string", NULL, "flattened", false},
};
_Static_assert(sizeof(types) / sizeof(types[0]) == FIELD_TYPES,
	       "a new field type gets a line above");

static const struct schema_type map_type = {"map of texts", "string", NULL, "flattened", false};

const struct schema_type *schema_type_of(const struct leaf *leaf)
{
	if (leaf->map)
		return &map_type;
	return &types[leaf->type];
}

const char *schema_index_type(const struct leaf *leaf)
{
	if (leaf->index)
		return leaf->index;
	return leaf->flags & FIELD_PROSE ? "match_only_text" : schema_type_of(leaf)->index;
}
