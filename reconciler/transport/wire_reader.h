/*
 * wire_reader.h - reads SSH wire fields (RFC 4251) out of bytes in memory.
 *
 * After the first field that does not fit, `bad` is set and every later read
 * gives nothing: a run of reads is checked once.
 */
#ifndef TRANSPORT_WIRE_READER_H
#define TRANSPORT_WIRE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct wire_reader {
	const uint8_t *at;
	size_t left;
	bool bad;
};

struct wire_field {
	const uint8_t *bytes;
	size_t len;
};

static inline struct wire_field wire_read_bytes(struct wire_reader *reader,
						size_t len)
{
	struct wire_field field = { reader->at, len };

	if (reader->bad || len > reader->left) {
		reader->bad = true;
		return (struct wire_field){ (const uint8_t *)"", 0 };
	}
	reader->at += len;
	reader->left -= len;
	return field;
}

static inline uint32_t wire_read_u32(struct wire_reader *reader)
{
	struct wire_field field = wire_read_bytes(reader, 4);

	if (field.len != 4)
		return 0;
	return (uint32_t)field.bytes[0] << 24 | (uint32_t)field.bytes[1] << 16 |
	       (uint32_t)field.bytes[2] << 8 | field.bytes[3];
}

static inline struct wire_field wire_read_string(struct wire_reader *reader)
{
	return wire_read_bytes(reader, wire_read_u32(reader));
}

static inline bool wire_field_is(struct wire_field field, const char *text)
{
	return field.len == strlen(text) &&
	       memcmp(field.bytes, text, field.len) == 0;
}

#endif
