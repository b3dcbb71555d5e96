/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules as a configuration has them, compiled. Behind cmocka.h. */
#ifndef AUDITSHIP_RULES_OF_TEXT_H
#define AUDITSHIP_RULES_OF_TEXT_H

#include "base/yaml.h"
#include "filter/rules.h"

#include <string.h>

/* text: the list in YAML. A fault in it fails the test and is told. The caller's to free. */
static inline struct rules *rules_of_text(const char *text)
{
	struct faults faults = {0};
	struct yaml_node *root;
	struct rules *rules = NULL;

	assert_int_equal(yaml_tree_parse(&root, text, strlen(text), &faults), 0);
	if (rules_compile(&rules, root, &faults) < 0)
		for (size_t i = 0; i < faults.count; i++)
			print_error("%u:%u: %s in %s\n", faults.items[i].place.line,
				    faults.items[i].place.column, faults.items[i].text, text);
	assert_non_null(rules);
	yaml_tree_free(root);
	return rules;
}

static inline struct rules_state *rules_state_of_text(const char *text)
{
	struct rules_state *state;
	struct err err;

	assert_int_equal(rules_state_new(&state, rules_of_text(text), &err), 0);
	return state;
}

#endif
