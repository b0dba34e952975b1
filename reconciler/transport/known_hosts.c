/* known_hosts.c - see known_hosts.h: search. known_hosts_file.c reads. */
#include "reconciler/transport/known_hosts.h"

#include "reconciler/core/str.h"
#include "reconciler/sys/digest.h"
#include "reconciler/transport/host_key.h"
#include "reconciler/transport/known_hosts_file.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 64 /* of SHA-1 */
#define NAME_BYTES  (KNOWN_HOST_MAX + sizeof("[]:65535"))

void known_hosts_free(struct known_hosts *known)
{
	if (known == NULL)
		return;
	arena_done(&known->arena);
	free(known);
}

/* The name as known_hosts spells it; false when host can't be one. */
static bool name_make(const char *host, uint16_t port, char name[NAME_BYTES])
{
	size_t len = strlen(host);

	if (len == 0 || len > KNOWN_HOST_MAX || strpbrk(host, " \t,*?!|[]"))
		return false;
	if (port == 22)
		(void)snprintf(name, NAME_BYTES, "%s", host);
	else
		(void)snprintf(name, NAME_BYTES, "[%s]:%u", host, port);
	str_lower(name);
	return true;
}

/* What a search gathers. */
struct search {
	const struct known_hosts *known;
	struct known_keys keys;
	const char *other_type; /* of a line that has a key of no use */
	size_t revoked_line;
	bool full;
};

static size_t revoked_line(const struct known_hosts *known,
			   const struct known_line *line)
{
	for (size_t i = 0; i < known->revoked.n; i++) {
		const struct known_line *revoked = &known->revoked.items[i];

		if (revoked->len == line->len &&
		    digest_eq(revoked->blob, line->blob, line->len))
			return revoked->number;
	}
	return 0;
}

static void search_add(struct search *search, const struct known_line *line)
{
	size_t revoked = revoked_line(search->known, line);

	if (host_key_type(line->type) == NULL) {
		search->other_type = line->type;
		return;
	}
	if (revoked > 0) {
		search->revoked_line = revoked;
		return;
	}
	if (search->keys.n == KNOWN_KEYS_MAX) {
		search->full = true;
		return;
	}
	search->keys.items[search->keys.n++] =
		(struct known_key){ host_key_type(line->type), line->blob,
				    line->len, line->number };
}

static void search_plain(struct search *search, const char *name)
{
	const struct known_hosts *known = search->known;
	size_t low = 0;
	size_t high = known->names.n;

	while (low < high) { /* the first entry that is not below name */
		size_t middle = low + (high - low) / 2;

		if (strcmp(known->names.items[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < known->names.n; low++) {
		const struct known_name *entry = &known->names.items[low];

		if (strcmp(entry->name, name) != 0)
			return;
		search_add(search, &known->lines.items[entry->line]);
	}
}

/* OpenSSL's own HMAC() looks its digest up anew each time, and that is most
 * of what it costs; here one context serves all lines of a search. */
static bool hash_matches(EVP_MD_CTX *context, const EVP_MD *sha1,
			 const struct known_hash *entry, const char *name)
{
	uint8_t inner[BLOCK_BYTES];
	uint8_t outer[BLOCK_BYTES];
	uint8_t hash[EVP_MAX_MD_SIZE];

	memset(inner, 0x36, sizeof(inner));
	memset(outer, 0x5c, sizeof(outer));
	for (size_t i = 0; i < sizeof(entry->salt); i++) {
		inner[i] ^= entry->salt[i];
		outer[i] ^= entry->salt[i];
	}
	return EVP_DigestInit_ex(context, sha1, NULL) == 1 &&
	       EVP_DigestUpdate(context, inner, sizeof(inner)) == 1 &&
	       EVP_DigestUpdate(context, name, strlen(name)) == 1 &&
	       EVP_DigestFinal_ex(context, hash, NULL) == 1 &&
	       EVP_DigestInit_ex(context, sha1, NULL) == 1 &&
	       EVP_DigestUpdate(context, outer, sizeof(outer)) == 1 &&
	       EVP_DigestUpdate(context, hash, sizeof(entry->hash)) == 1 &&
	       EVP_DigestFinal_ex(context, hash, NULL) == 1 &&
	       memcmp(hash, entry->hash, sizeof(entry->hash)) == 0;
}

static int search_hashed(struct search *search, const char *name,
			 struct err *err)
{
	const struct known_hosts *known = search->known;
	EVP_MD *sha1;
	EVP_MD_CTX *context;
	int rc = 0;

	if (known->hashes.n == 0)
		return 0;
	sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	context = EVP_MD_CTX_new();
	if (sha1 == NULL || context == NULL)
		rc = err_set(err, -ERR_FILE,
			     "%s: OpenSSL has no SHA-1, which hashed names "
			     "need",
			     known->path);
	for (size_t i = 0; rc == 0 && i < known->hashes.n; i++)
		if (hash_matches(context, sha1, &known->hashes.items[i], name))
			search_add(
				search,
				&known->lines
					 .items[known->hashes.items[i].line]);
	EVP_MD_CTX_free(context);
	EVP_MD_free(sha1);
	return rc;
}

static int search_narrow(struct search *search, const char *name,
			 const char *fingerprint, struct err *err)
{
	struct known_keys *keys = &search->keys;
	size_t n = 0;

	for (size_t i = 0; i < keys->n; i++)
		if (host_key_matches(fingerprint, keys->items[i].blob,
				     keys->items[i].len))
			keys->items[n++] = keys->items[i];
	keys->n = n;
	if (n == 0)
		return err_set(err, -ERR_HOST_KEY,
			       "%s: hostKey %s is not a key that %s pins for "
			       "this server",
			       name, fingerprint, search->known->path);
	return 0;
}

static int search_none(const struct search *search, const char *name,
		       struct err *err)
{
	const char *path = search->known->path;

	if (search->revoked_line > 0)
		return err_set(err, -ERR_HOST_KEY,
			       "%s: the pinned key is revoked (%s:%zu)", name,
			       path, search->revoked_line);
	if (search->other_type != NULL)
		return err_set(err, -ERR_HOST_KEY,
			       "%s: only a key of type %s is pinned in %s; "
			       "lockstep needs ed25519 or ecdsa",
			       name, search->other_type, path);
	return err_set(err, -ERR_HOST_KEY, "%s: no key is pinned in %s%s", name,
		       path,
		       search->known->has_authority
			       ? " (@cert-authority lines are not used)"
			       : "");
}

int known_hosts_find(const struct known_hosts *known, const char *host,
		     uint16_t port, const char *fingerprint,
		     struct known_keys *ret, struct err *err)
{
	struct search search = { .known = known };
	char name[NAME_BYTES];
	int rc;

	if (!name_make(host, port, name))
		return err_set(err, -ERR_HOST_KEY,
			       "'%.80s' is not a name that known_hosts can "
			       "hold",
			       host);
	search_plain(&search, name);
	rc = search_hashed(&search, name, err);
	if (rc < 0)
		return rc;
	if (search.full)
		return err_set(err, -ERR_HOST_KEY,
			       "%s: more than %d keys are pinned in %s", name,
			       KNOWN_KEYS_MAX, known->path);
	if (search.keys.n == 0)
		return search_none(&search, name, err);
	if (fingerprint != NULL) {
		rc = search_narrow(&search, name, fingerprint, err);
		if (rc < 0)
			return rc;
	}
	*ret = search.keys;
	return 0;
}
