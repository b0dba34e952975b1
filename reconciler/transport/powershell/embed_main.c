/* embed_main.c - build tool: joins the PowerShell files into script.h's data. */
/*
 * embed OUTDIR PRELUDE STAGE... STUB
 *
 * Writes OUTDIR/script.ps1 (prelude with the table of records at its line
 * `# @SHAPES@` and the stages at `# @STAGES@`) and OUTDIR/script_embed.c. The
 * same input gives the same bytes; a file that is equal is not written again.
 */
#include "modules/iis_app_pool/fields.h"

#include <openssl/evp.h>

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCRIPT_MAX  1048576 /* what stub.ps1 takes */
#define COMMAND_MAX 8191    /* what cmd.exe takes */
#define DIGEST_MARK "@DIGEST@"
#define COMMAND_HEAD \
	"powershell.exe -NoLogo -NoProfile -NonInteractive -EncodedCommand "

struct text {
	char *data; /* ends with NUL */
	size_t len;
};

static void die(const char *what, const char *detail)
{
	(void)fprintf(stderr, "embed: %s: %s\n", what, detail);
	_exit(1); /* nothing is left to be flushed */
}

static void text_add(struct text *text, const char *data, size_t len)
{
	char *grown = realloc(text->data, text->len + len + 1);

	if (grown == NULL)
		die("memory", "none left");
	memcpy(grown + text->len, data, len);
	text->data = grown;
	text->len += len;
	grown[text->len] = '\0';
}

static void text_put(struct text *text, const char *string)
{
	text_add(text, string, strlen(string));
}

static void text_free(struct text *text)
{
	free(text->data);
	text->data = NULL;
	text->len = 0;
}

/* false when the file is not there. */
static bool text_read(struct text *text, const char *path)
{
	char part[65536];
	size_t n;
	FILE *file = fopen(path, "rbe");

	if (file == NULL)
		return false;
	text_put(text, "");
	while ((n = fread(part, 1, sizeof(part), file)) > 0)
		text_add(text, part, n);
	if (ferror(file))
		die(path, "read error");
	(void)fclose(file);
	return true;
}

/* PowerShell 5.1 reads a script without BOM in the code page of the server,
 * so only ASCII means the same everywhere. */
static void text_load(struct text *text, const char *path)
{
	if (!text_read(text, path))
		die(path, strerrordesc_np(errno));
	for (size_t i = 0; i < text->len; i++) {
		unsigned char c = (unsigned char)text->data[i];

		if (c != '\n' && (c < 0x20 || c > 0x7e))
			die(path, "holds a byte that is not printable ASCII");
	}
	if (text->len == 0 || text->data[text->len - 1] != '\n')
		die(path, "does not end with a line feed");
}

static void file_save(const char *dir, const char *name,
		      const struct text *text)
{
	struct text path = { NULL, 0 };
	struct text part = { NULL, 0 };
	struct text old = { NULL, 0 };
	FILE *file;

	text_put(&path, dir);
	text_put(&path, "/");
	text_put(&path, name);
	text_put(&part, path.data);
	text_put(&part, ".part");
	if (text_read(&old, path.data) && old.len == text->len &&
	    memcmp(old.data, text->data, old.len) == 0)
		goto out;
	file = fopen(part.data, "wbe");
	if (file == NULL)
		die(part.data, strerrordesc_np(errno));
	if (fwrite(text->data, 1, text->len, file) != text->len ||
	    fclose(file) != 0 || rename(part.data, path.data) != 0)
		die(path.data, strerrordesc_np(errno));
out:
	text_free(&old);
	text_free(&part);
	text_free(&path);
}

static void shapes_put(struct text *out, const char *table,
		       const struct record_kind *kinds)
{
	text_put(out, table);
	text_put(out, " = [Collections.Generic.Dictionary[string, string[]]]"
		      "::new([StringComparer]::Ordinal)\n");
	for (const struct record_kind *kind = kinds; kind->name; kind++) {
		text_put(out, table);
		text_put(out, ".Add('");
		text_put(out, kind->name);
		text_put(out, "', [string[]]@(");
		for (size_t i = 0; i < RECORD_FIELDS_MAX && kind->fields[i];
		     i++) {
			text_put(out, i > 0 ? ", '" : "'");
			text_put(out, kind->fields[i]);
			text_put(out, "'");
		}
		text_put(out, "))\n");
	}
}

/* Puts what stands before the mark's line into out; returns what is behind. */
static const char *mark_split(struct text *out, const char *from,
			      const char *mark)
{
	const char *at = strstr(from, mark);

	if (at == NULL || strstr(at + 1, mark) != NULL)
		die(mark, "must stand once in the prelude, in this order");
	text_add(out, from, (size_t)(at - from));
	return at + strlen(mark);
}

static void script_join(struct text *out, int n, char **paths)
{
	struct text prelude = { NULL, 0 };
	const char *rest;

	text_load(&prelude, paths[0]);
	rest = mark_split(out, prelude.data, "# @SHAPES@\n");
	shapes_put(out, "$requestShapes", iis_request_kinds);
	shapes_put(out, "$replyShapes", iis_reply_kinds);
	rest = mark_split(out, rest, "# @STAGES@\n");
	for (int i = 1; i < n; i++) {
		struct text stage = { NULL, 0 };

		text_load(&stage, paths[i]);
		text_add(out, stage.data, stage.len);
		text_put(out, "\n");
		text_free(&stage);
	}
	text_put(out, rest);
	text_free(&prelude);
	if (out->len > SCRIPT_MAX)
		die("script", "longer than the stub takes");
}

static void digest_hex(const struct text *text, char ret[65])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	if (EVP_Digest(text->data, text->len, digest, &len, EVP_sha256(),
		       NULL) != 1 ||
	    len != 32)
		die("script", "no SHA-256");
	for (size_t i = 0; i < 32; i++)
		(void)snprintf(ret + 2 * i, 3, "%02x", digest[i]);
}

/* -EncodedCommand takes base64 of UTF-16LE. */
static void command_join(struct text *out, const char *stub_path,
			 const char *digest)
{
	struct text stub = { NULL, 0 };
	struct text filled = { NULL, 0 };
	unsigned char *wide;
	char *encoded;
	const char *at;

	text_load(&stub, stub_path);
	at = strstr(stub.data, DIGEST_MARK);
	if (at == NULL || strstr(at + 1, DIGEST_MARK) != NULL)
		die(stub_path, "must hold " DIGEST_MARK " once");
	text_add(&filled, stub.data, (size_t)(at - stub.data));
	text_put(&filled, digest);
	text_put(&filled, at + strlen(DIGEST_MARK));

	wide = calloc(filled.len, 2);
	encoded = calloc(filled.len, 4);
	if (wide == NULL || encoded == NULL)
		die("memory", "none left");
	for (size_t i = 0; i < filled.len; i++)
		wide[2 * i] = (unsigned char)filled.data[i];
	if (EVP_EncodeBlock((unsigned char *)encoded, wide,
			    (int)(2 * filled.len)) < 1)
		die(stub_path, "no base64");
	text_put(out, COMMAND_HEAD);
	text_put(out, encoded);
	if (out->len > COMMAND_MAX)
		die(stub_path, "the command is longer than cmd.exe takes");
	free(wide);
	free(encoded);
	text_free(&filled);
	text_free(&stub);
}

static void bytes_put(struct text *out, const struct text *bytes)
{
	char cell[8];

	for (size_t i = 0; i < bytes->len; i++) {
		(void)snprintf(cell, sizeof(cell), "%s%u,",
			       i % 16 == 0 ? "\n\t" : " ",
			       (unsigned int)(unsigned char)bytes->data[i]);
		text_put(out, cell);
	}
}

static void source_join(struct text *out, const struct text *script,
			const char *digest, const struct text *command)
{
	text_put(out, "/* Made by embed_main.c; not to be edited. */\n"
		      "#include \"reconciler/transport/powershell/script.h\"\n"
		      "\nconst unsigned char lockstep_script[] = {");
	bytes_put(out, script);
	text_put(out,
		 "\n};\n"
		 "const size_t lockstep_script_len = sizeof(lockstep_script);\n"
		 "const char lockstep_script_sha256[65] =\n\t\"");
	text_put(out, digest);
	text_put(out, "\";\nconst char lockstep_command[] =");
	for (size_t at = 0; at < command->len; at += 64) {
		size_t left = command->len - at;

		text_put(out, "\n\t\"");
		text_add(out, command->data + at, left < 64 ? left : 64);
		text_put(out, "\"");
	}
	text_put(out, ";\n");
}

int main(int argc, char **argv)
{
	struct text script = { NULL, 0 };
	struct text command = { NULL, 0 };
	struct text source = { NULL, 0 };
	char digest[65];

	if (argc < 5) {
		(void)fprintf(stderr,
			      "usage: embed OUTDIR PRELUDE STAGE... STUB\n");
		return 64;
	}
	script_join(&script, argc - 3, argv + 2);
	digest_hex(&script, digest);
	command_join(&command, argv[argc - 1], digest);
	source_join(&source, &script, digest, &command);
	file_save(argv[1], "script.ps1", &script);
	file_save(argv[1], "script_embed.c", &source);
	text_free(&source);
	text_free(&command);
	text_free(&script);
	return 0;
}
