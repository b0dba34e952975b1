"""crypto.py - what an SSH server needs of OpenSSL's libcrypto."""
import ctypes
import ctypes.util
import os

lib = ctypes.CDLL(ctypes.util.find_library("crypto") or "libcrypto.so.3")
X25519, ED25519 = 1034, 1087
pointer, size = ctypes.c_void_p, ctypes.c_size_t
for name, result, arguments in (
        ("EVP_PKEY_new_raw_private_key", pointer, [ctypes.c_int, pointer, ctypes.c_char_p, size]),
        ("EVP_PKEY_new_raw_public_key", pointer, [ctypes.c_int, pointer, ctypes.c_char_p, size]),
        ("EVP_PKEY_get_raw_public_key", ctypes.c_int, [pointer, pointer, ctypes.POINTER(size)]),
        ("EVP_PKEY_CTX_new", pointer, [pointer, pointer]),
        ("EVP_PKEY_CTX_free", None, [pointer]),
        ("EVP_PKEY_free", None, [pointer]),
        ("EVP_PKEY_derive_init", ctypes.c_int, [pointer]),
        ("EVP_PKEY_derive_set_peer", ctypes.c_int, [pointer, pointer]),
        ("EVP_PKEY_derive", ctypes.c_int, [pointer, pointer, ctypes.POINTER(size)]),
        ("EVP_MD_CTX_new", pointer, []),
        ("EVP_MD_CTX_free", None, [pointer]),
        ("EVP_DigestSignInit", ctypes.c_int, [pointer] * 5),
        ("EVP_DigestSign", ctypes.c_int, [pointer, pointer, ctypes.POINTER(size), ctypes.c_char_p, size]),
        ("EVP_CIPHER_CTX_new", pointer, []),
        ("EVP_aes_128_ctr", pointer, []),
        ("EVP_EncryptInit_ex", ctypes.c_int, [pointer, pointer, pointer, ctypes.c_char_p, ctypes.c_char_p]),
        ("EVP_EncryptUpdate", ctypes.c_int, [pointer, pointer, ctypes.POINTER(ctypes.c_int), ctypes.c_char_p, ctypes.c_int])):
    function = getattr(lib, name)
    function.restype, function.argtypes = result, arguments


def need(result):
    if not result or (isinstance(result, int) and result < 1):
        raise OSError("libcrypto refuses")
    return result


class Private:
    """A private key of 32 bytes: X25519 or ED25519."""

    def __init__(self, kind, seed=None):
        self.kind = kind
        self.key = need(lib.EVP_PKEY_new_raw_private_key(kind, None, seed or os.urandom(32), 32))

    def public(self):
        out, length = ctypes.create_string_buffer(32), size(32)
        need(lib.EVP_PKEY_get_raw_public_key(self.key, out, ctypes.byref(length)))
        return out.raw

    def derive(self, peer):
        peer = need(lib.EVP_PKEY_new_raw_public_key(self.kind, None, peer, 32))
        context = need(lib.EVP_PKEY_CTX_new(self.key, None))
        out, length = ctypes.create_string_buffer(32), size(32)
        need(lib.EVP_PKEY_derive_init(context))
        need(lib.EVP_PKEY_derive_set_peer(context, peer))
        need(lib.EVP_PKEY_derive(context, out, ctypes.byref(length)))
        lib.EVP_PKEY_CTX_free(context)
        lib.EVP_PKEY_free(peer)
        return out.raw

    def sign(self, data):
        context = need(lib.EVP_MD_CTX_new())
        out, length = ctypes.create_string_buffer(64), size(64)
        need(lib.EVP_DigestSignInit(context, None, None, None, self.key))
        need(lib.EVP_DigestSign(context, out, ctypes.byref(length), data, len(data)))
        lib.EVP_MD_CTX_free(context)
        return out.raw


class Stream:
    """AES-128 in counter mode, one direction."""

    def __init__(self, key, counter):
        self.context = need(lib.EVP_CIPHER_CTX_new())
        need(lib.EVP_EncryptInit_ex(self.context, lib.EVP_aes_128_ctr(), None, key, counter))

    def pass_through(self, data):
        out, length = ctypes.create_string_buffer(len(data) + 16), ctypes.c_int(0)
        need(lib.EVP_EncryptUpdate(self.context, out, ctypes.byref(length), data, len(data)))
        return out.raw[:length.value]
