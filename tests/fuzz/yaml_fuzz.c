/* yaml_fuzz.c - any text -> a tree of limited depth, or problems. */
#include "tests/fuzz/fuzz.h"

#include "reconciler/core/str.h"
#include "reconciler/manifest/yaml_tree.h"

#include <string.h>

/* A child is one deeper; the reader refuses what would be too deep. */
static void check_node(const struct node *node, int depth)
{
	size_t n = 0;

	FUZZ_REQUIRE(depth <= TREE_DEPTH_MAX + 1);
	FUZZ_REQUIRE(node->place.line >= 1 && node->place.col >= 1);
	if (node->kind == NODE_TEXT)
		FUZZ_REQUIRE(str_utf8_valid(node->text, strlen(node->text)));
	if (node->kind != NODE_LIST && node->kind != NODE_MAP)
		return;
	for (const struct node *child = node->first; child;
	     child = child->next) {
		if (node->kind == NODE_MAP)
			FUZZ_REQUIRE(child->key && node_get(node, child->key));
		check_node(child, depth + 1);
		n++;
	}
	FUZZ_REQUIRE(n == node->n);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	CLEANUP(problems_done) struct problems problems = { 0 };
	struct tree tree = { 0 };
	int rc;

	arena_init(&arena, 1 << 27);
	problems_init(&problems);
	rc = tree_read(&arena, "a.yaml", (const char *)bytes, len, &problems,
		       &tree);
	FUZZ_REQUIRE(rc == 0);
	FUZZ_REQUIRE(!tree.broken || problems.items.n);
	for (const struct node *node = tree.first; node; node = node->next)
		check_node(node, 1);
	fuzz_problems(&problems);
	if (problems.items.n == 0 && tree.n > 0)
		fuzz_accept();
	return 0;
}
