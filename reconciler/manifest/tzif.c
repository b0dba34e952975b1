/* tzif.c - reading TZif: every count and index is checked before it is used. */
#include "reconciler/manifest/tzif.h"

#include <string.h>

#define HEADER_BYTES 44
#define TYPE_BYTES   6
#define TYPES_MAX    256
#define FOOTER_MAX   256

/* RFC 8536 section 3.2: what an offset should not exceed. */
#define OFFSET_MIN_S (-89999)
#define OFFSET_MAX_S 93599
/* RFC 8536 section 4: none is before the big bang; nor far ahead. */
#define AT_MIN_S (-(INT64_C(1) << 59))
#define AT_MAX_S (INT64_C(1) << 40)

struct header {
	unsigned version;
	uint32_t n_isut, n_isstd, n_leaps, n_shifts, n_types, n_chars;
};

/* What is left of the file. */
struct rest {
	const uint8_t *at;
	size_t len;
};

static uint32_t get_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	       (uint32_t)at[2] << 8 | at[3];
}

static int64_t get_time(const uint8_t *at, size_t size)
{
	if (size == 4)
		return (int32_t)get_u32(at);
	return (int64_t)((uint64_t)get_u32(at) << 32 | get_u32(at + 4));
}

static const uint8_t *take(struct rest *rest, size_t len)
{
	const uint8_t *at = rest->at;

	if (rest->len < len)
		return NULL;
	rest->at += len;
	rest->len -= len;
	return at;
}

static int take_header(struct rest *rest, struct header *ret, struct err *err)
{
	const uint8_t *at = take(rest, HEADER_BYTES);
	struct header header;

	if (!at || memcmp(at, "TZif", 4) != 0)
		return err_set(err, -ERR_MANIFEST, "it is no TZif file");
	header.version = at[4] ? (unsigned)(at[4] - '0') : 1;
	if (header.version < 1 || header.version > 4 || at[4] == '1')
		return err_set(err, -ERR_MANIFEST,
			       "its version is none of 1 to 4");
	header.n_isut = get_u32(at + 20);
	header.n_isstd = get_u32(at + 24);
	header.n_leaps = get_u32(at + 28);
	header.n_shifts = get_u32(at + 32);
	header.n_types = get_u32(at + 36);
	header.n_chars = get_u32(at + 40);
	if (header.n_shifts > TZIF_SHIFTS_MAX || header.n_types > TYPES_MAX ||
	    header.n_chars > TYPES_MAX || header.n_leaps > TYPES_MAX)
		return err_set(err, -ERR_MANIFEST,
			       "it has more shifts or types than any zone has");
	if ((header.n_isut && header.n_isut != header.n_types) ||
	    (header.n_isstd && header.n_isstd != header.n_types))
		return err_set(err, -ERR_MANIFEST,
			       "its indicators are not as many as its types");
	*ret = header;
	return 0;
}

/* The counts are small, so nothing overflows. */
static size_t data_bytes(const struct header *header, size_t time_size)
{
	return header->n_shifts * (time_size + 1) +
	       header->n_types * (size_t)TYPE_BYTES + header->n_chars +
	       header->n_leaps * (time_size + 4) + header->n_isstd +
	       header->n_isut;
}

static int check_types(const struct header *header, const uint8_t *types,
		       struct err *err)
{
	uint32_t i;

	if (!header->n_types || !header->n_chars)
		return err_set(err, -ERR_MANIFEST, "it has no type of time");
	for (i = 0; i < header->n_types; i++) {
		const uint8_t *type = types + (size_t)i * TYPE_BYTES;
		const int32_t offset_s = (int32_t)get_u32(type);

		if (offset_s < OFFSET_MIN_S || offset_s > OFFSET_MAX_S)
			return err_set(err, -ERR_MANIFEST,
				       "it has an offset of more than a day");
		if (type[4] > 1 || type[5] >= header->n_chars)
			return err_set(err, -ERR_MANIFEST,
				       "a type of time is not valid");
	}
	return 0;
}

static int take_data(struct rest *rest, const struct header *header,
		     size_t time_size, struct arena *arena, struct zone *zone,
		     struct err *err)
{
	const uint8_t *times = take(rest, header->n_shifts * time_size);
	const uint8_t *indices = take(rest, header->n_shifts);
	const uint8_t *types = take(rest, header->n_types * (size_t)TYPE_BYTES);
	uint32_t i;
	int rc = check_types(header, types, err);

	if (rc < 0)
		return rc;
	if (header->n_leaps)
		return err_set(err, -ERR_MANIFEST,
			       "it counts leap seconds, and so is no zone of "
			       "civil time");
	/* Of other types only the number matters. */
	(void)take(rest, header->n_chars + header->n_isstd + header->n_isut);
	zone->first_offset_s = (int32_t)get_u32(types);
	for (i = 0; i < header->n_shifts; i++) {
		struct zone_shift shift = {
			.at_s = get_time(times + i * time_size, time_size),
		};

		if (indices[i] >= header->n_types)
			return err_set(err, -ERR_MANIFEST,
				       "a shift has a type that is not there");
		shift.offset_s = (int32_t)get_u32(types + (size_t)indices[i] *
								  TYPE_BYTES);
		if (shift.at_s < AT_MIN_S || shift.at_s > AT_MAX_S)
			return err_set(err, -ERR_MANIFEST,
				       "a shift is too far away in time");
		if (i && shift.at_s <= zone->shifts.items[i - 1].at_s)
			return err_set(err, -ERR_MANIFEST,
				       "its shifts are not ascending");
		if (!array_push(arena, &zone->shifts, shift))
			return err_set(err, -ERR_NOMEM, "reading a time zone");
	}
	return 0;
}

/* "\n" rule "\n", and nothing behind it. */
static int take_footer(struct rest *rest, struct zone *zone, struct err *err)
{
	char text[FOOTER_MAX];
	const size_t len = rest->len;
	int rc;

	if (len < 2 || len - 2 >= sizeof(text) || rest->at[0] != '\n' ||
	    rest->at[len - 1] != '\n' || memchr(rest->at + 1, '\n', len - 2) ||
	    memchr(rest->at, '\0', len))
		return err_set(err, -ERR_MANIFEST,
			       "its footer is not one line");
	if (len == 2)
		return 0;
	memcpy(text, rest->at + 1, len - 2);
	text[len - 2] = '\0';
	rc = posix_rule_parse(text, &zone->rule, err);
	zone->has_rule = rc == 0;
	return rc;
}

/* The rule goes on where the list ends. */
static int check_rule(const struct zone *zone, struct err *err)
{
	const struct zone_shift *last;

	if (!zone->has_rule || !zone->shifts.n)
		return 0;
	last = &zone->shifts.items[zone->shifts.n - 1];
	if (last->at_s < 0 ||
	    zone_offset(zone, (last->at_s + 1) * 1000) == last->offset_s)
		return 0;
	return err_set(err, -ERR_MANIFEST,
		       "its footer contradicts its last shift");
}

int tzif_parse(const uint8_t *bytes, size_t len, struct arena *arena,
	       struct zone *ret, struct err *err)
{
	struct rest rest = { bytes, len };
	struct header header;
	struct zone zone = { 0 };
	size_t time_size = 4;
	int rc = take_header(&rest, &header, err);

	if (rc < 0)
		return rc;
	if (header.version > 1) {
		/* The 32-bit data, which others read, comes first. */
		if (!take(&rest, data_bytes(&header, 4)))
			return err_set(err, -ERR_MANIFEST, "it ends too early");
		rc = take_header(&rest, &header, err);
		if (rc < 0)
			return rc;
		time_size = 8;
	}
	if (rest.len < data_bytes(&header, time_size))
		return err_set(err, -ERR_MANIFEST, "it ends too early");
	rc = take_data(&rest, &header, time_size, arena, &zone, err);
	if (rc == 0 && time_size == 8)
		rc = take_footer(&rest, &zone, err);
	else if (rc == 0 && rest.len)
		rc = err_set(err, -ERR_MANIFEST, "it goes on after its end");
	if (rc == 0)
		rc = check_rule(&zone, err);
	if (rc == 0)
		*ret = zone;
	return rc;
}
