/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of the section tls of a sink. */
#include "config/rows.h"

#include "sink/tls.h"

static const struct option_word tls_words[] = {
	{"auto", CONFIG_TLS_AUTO},
	{"on", CONFIG_TLS_ON},
	{"off", CONFIG_TLS_OFF},
	{},
};

static const struct option_word tls_versions[] = {
	{"1.2", TLS_1_2},
	{"1.3", TLS_1_3},
	{},
};

static const struct option_word verify_words[] = {
	{"full", CONFIG_VERIFY_FULL},
	{"chain", CONFIG_VERIFY_CHAIN},
	{"none", CONFIG_VERIFY_NONE},
	{},
};

const struct option config_tls_options[] = {
	{
		"tls.use",
		ENUM_AT(struct config_sink, tls.use),
		.fallback = "auto",
		.sink_types = KAFKA_SINK,
		.words = tls_words,
		.doc = "auto: when any of ca and cert is given.",
	},
	{
		"tls.ca",
		PATH_AT(struct config_sink, tls.ca),
		.derived = "the authorities that this host trusts",
		.example = "/etc/auditship/ca.pem",
		.max = DIR_MAX,
		.sink_types = TLS_SINK,
		.doc = "File (PEM) with the authorities that may vouch for the other side.",
	},
	{
		"tls.cert",
		PATH_AT(struct config_sink, tls.cert),
		.derived = "none is shown",
		.example = "/etc/auditship/host.pem",
		.max = DIR_MAX,
		.sink_types = TLS_SINK,
		.doc = "File (PEM) with the certificate that this host shows, and its chain.",
	},
	{
		"tls.key",
		PATH_AT(struct config_sink, tls.key),
		.derived = "none",
		.example = "/etc/auditship/host.key",
		.max = DIR_MAX,
		.sink_types = TLS_SINK,
		.doc = "File (PEM) with the private key of cert.",
	},
	{
		"tls.key_password",
		TEXT_AT(struct config_sink, tls.key_password),
		.derived = "the key is not encrypted",
		.example = "secret",
		.max = 255,
		.flags = OPTION_SECRET,
		.sink_types = TLS_SINK,
		.doc = "What the private key is encrypted with; better from a file: "
		       "${file:/etc/auditship/key.password}.",
	},
	{
		"tls.server_name",
		TEXT_AT(struct config_sink, tls.server_name),
		.derived = "the host that is connected to",
		.example = "siem.example.net",
		.max = 255,
		.sink_types = SYSLOG_SINK,
		.doc = "Name or address that the receiver's certificate must be for.",
	},
	{
		"tls.min_version",
		ENUM_AT(struct config_sink, tls.min_version),
		.fallback = "1.2",
		.sink_types = SYSLOG_SINK,
		.words = tls_versions,
		.doc = "The oldest version of TLS that is spoken.",
	},
	{
		"tls.verify",
		ENUM_AT(struct config_sink, tls.verify),
		.fallback = "full",
		.sink_types = TLS_SINK,
		.words = verify_words,
		.doc = "full: the certificate is good and for that name; chain: for any name; "
		       "none: "
		       "anybody may answer.",
	},
	{},
};
