/*
 * vectors.h - the published vectors of modules/iis_app_pool/README.md, for
 * the C side; tests/integration/script proves the script against the same.
 * The digests were computed with `openssl dgst -sha256 -mac HMAC`.
 */
#ifndef TESTS_LIB_VECTORS_H
#define TESTS_LIB_VECTORS_H

/* Session key and tag key: the bytes 00 01 .. 1f. */
#define VECTOR_REPLY_NONCE "n1" /* sequence 1 */
#define VECTOR_REPLY_BODY                                  \
	"fault\twhere=request\tcode=unknown_kind\ttype=\t" \
	"hresult=\tdetail=\n"
#define VECTOR_REPLY_LENGTH "61"
#define VECTOR_REPLY_HMAC \
	"02dbf34a50475e88964adb1e91b135627771688c49ffed3750dbd23b529253a5"

#define VECTOR_TAG_POOL "Orders \xe2\x82\xac"
#define VECTOR_TAG_USER "CORP\\svc-orders"
#define VECTOR_TAG_PASSWORD \
	"N3w\"quo'te&<>\\%$`^\xe2\x82\xac\xf0\x9f\x98\x80 x "
#define VECTOR_TAG \
	"c744ce81f72cb52b6b070e2fcafca453800f2e5c30f10255b19072359d009ab2"

#endif
