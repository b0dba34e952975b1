/* config.c - config.yaml: reading it, and where it may lie. */
#include "reconciler/manifest/config_draft.h"
#include "reconciler/manifest/kinds.h"

#include "reconciler/core/str.h"
#include "reconciler/sys/digest.h"
#include "reconciler/sys/file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_ARENA_BYTES 134217728

static int take_digest(const struct buf *text, struct config *ret,
		       struct err *err)
{
	const struct digest_part part = { .bytes = buf_text(text),
					  .len = text->len };
	uint8_t digest[DIGEST_BYTES];
	int rc = digest_sha256(&part, 1, digest, err);

	if (rc == 0)
		digest_hex(digest, sizeof(digest), ret->digest);
	return rc;
}

static int take_tree(const struct tree *tree, const struct bind *bind,
		     const char *path, struct config *ret)
{
	const struct place start = { .file = path, .line = 1, .col = 1 };
	struct draft_config draft;
	int rc;

	if (tree->broken)
		return 0;
	if (!tree->n) {
		problem_add(bind->problems, &start,
			    "the configuration is empty; expected at least "
			    "ssh, domains, secrets and grants");
		return 0;
	}
	if (tree->first->kind != NODE_MAP || tree->n > 1) {
		problem_add(bind->problems,
			    tree->n > 1 ? &tree->first->next->place
					: &tree->first->place,
			    "expected one document that is a map");
		return 0;
	}
	memset(&draft, 0, sizeof(draft));
	rc = bind_map(bind, tree->first, config_fields, config_kind.name,
		      &draft);
	if (rc == 0)
		rc = config_check(&draft, bind, ret);
	return rc;
}

int config_load(const char *path, struct config *ret, struct problems *problems,
		struct err *err)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	CLEANUP(buf_done) struct buf text = { 0 };
	const struct bind bind = { .arena = &ret->arena,
				   .scratch = &arena,
				   .problems = problems };
	struct tree tree = { 0 };
	int rc;

	arena_init(&arena, FILE_ARENA_BYTES);
	buf_init(&text, TREE_BYTES_MAX + 1);
	rc = file_read(path, FILE_TRUSTED, TREE_BYTES_MAX, &text, err);
	if (rc == 0)
		rc = take_digest(&text, ret, err);
	if (rc < 0)
		return rc;
	ret->path = arena_strdup(&ret->arena, path);
	if (!ret->path)
		return err_set(err, -ERR_NOMEM, "reading %s", path);
	rc = tree_read(&arena, ret->path, buf_text(&text), text.len, problems,
		       &tree);
	if (rc == 0)
		rc = take_tree(&tree, &bind, ret->path, ret);
	if (rc < 0)
		return err_set(err, rc, "reading %s", path);
	return problems_finish(problems, -ERR_CONFIG, path, err);
}

static void freep(char **text)
{
	free(*text);
}

static int real(const char *path, char **ret, struct err *err)
{
	*ret = realpath(path, NULL);
	if (!*ret)
		return err_set(err, -ERR_FILE, "%s: %s", path,
			       strerrordesc_np(errno));
	return 0;
}

/* Folders above the manifests that others may write. */
static int real_folder(const char *manifest_path, char **ret, struct err *err)
{
	struct stat st;
	int rc = real(manifest_path, ret, err);

	/* A single manifest: its folder is what others may write. */
	if (rc == 0 && stat(*ret, &st) == 0 && !S_ISDIR(st.st_mode)) {
		char *slash = strrchr(*ret, '/');

		slash[slash == *ret ? 1 : 0] = '\0';
	}
	return rc;
}

static int refuse_below(const char *path, const char *real_path,
			const char *folder, struct err *err)
{
	size_t len = strlen(folder);

	if (!str_starts(real_path, folder) ||
	    (real_path[len] != '/' && real_path[len] != '\0' &&
	     folder[len - 1] != '/'))
		return 0;
	return err_set(err, -ERR_CONFIG,
		       "%s lies in the folder of manifests, %s: who may write "
		       "manifests must not write what they are checked "
		       "against; keep it elsewhere, or name another folder "
		       "with -f",
		       path, folder);
}

int config_outside(const char *config_path, const char *manifest_path,
		   struct err *err)
{
	CLEANUP(freep) char *config = NULL;
	CLEANUP(freep) char *folder = NULL;
	int rc = real(config_path, &config, err);

	if (rc == 0)
		rc = real_folder(manifest_path, &folder, err);
	return rc < 0 ? rc : refuse_below(config_path, config, folder, err);
}

/* A file that is not there yet counts as what its folder is; one whose folder
 * is not there either will be refused by whoever opens it. */
static int file_outside(const char *path, const char *folder, struct err *err)
{
	CLEANUP(freep) char *found = realpath(path, NULL);
	const char *slash = strrchr(path, '/');
	char above[PATH_MAX];

	if (!found && slash && strlen(path) < sizeof(above)) {
		(void)snprintf(above, sizeof(above), "%.*s",
			       (int)(slash + 1 - path), path);
		found = realpath(above, NULL);
	}
	if (!found)
		return 0;
	return refuse_below(path, found, folder, err);
}

int config_files_outside(const struct config *config, const char *manifest_path,
			 struct err *err)
{
	const char *const files[] = { config->ssh_key, config->ssh_known_hosts,
				      config->state_path };
	CLEANUP(freep) char *folder = NULL;
	const struct secret_ref *secret;
	int rc = real_folder(manifest_path, &folder, err);

	for (size_t i = 0; rc == 0 && i < sizeof(files) / sizeof(files[0]); i++)
		if (files[i])
			rc = file_outside(files[i], folder, err);
	array_foreach(secret, &config->secrets) {
		const char *colon = strchr(secret->from, ':');

		/* The name of a credential is no path. */
		if (rc == 0 && colon && colon[1] == '/')
			rc = file_outside(colon + 1, folder, err);
	}
	return rc;
}
