// Stands in for IIS's machine-key encryption of passwords in the configuration.
//
// Value: [enc:FarmProvider:BASE64:enc] over nonce, tag and AES-256-GCM of the UTF-16LE password, under a key
// file of the server: so, as on Windows, the same password never looks the same twice, and a configuration
// copied from another server does not decrypt.
using System;
using System.IO;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Lockstep.Farm;

public sealed class Vault
{
    const string Provider = "FarmProvider";
    const int NonceSize = 12, TagSize = 16;
    readonly string keyPath;

    public Vault(string keyPath) { this.keyPath = keyPath; }

    public string Protect(string password)
    {
        if (password.Length == 0)
            return "";
        byte[] clear = Encoding.Unicode.GetBytes(password), blob = new byte[NonceSize + TagSize + clear.Length];
        RandomNumberGenerator.Fill(blob.AsSpan(0, NonceSize));
        if (!File.Exists(keyPath))
            throw new COMException("Keyset does not exist (Exception from HRESULT: 0x80090016)", unchecked((int)0x80090016));
        using var aes = new AesGcm(File.ReadAllBytes(keyPath), TagSize);
        aes.Encrypt(blob.AsSpan(0, NonceSize), clear, blob.AsSpan(NonceSize + TagSize), blob.AsSpan(NonceSize, TagSize));
        return "[enc:" + Provider + ":" + Convert.ToBase64String(blob) + ":enc]";
    }

    // Clear text and malformed marks read back as they are; a foreign or damaged value throws as IIS does.
    public string Unprotect(string stored)
    {
        var match = Regex.Match(stored, @"\A\[enc:([^:]+):([^:]*):enc\]\z");
        if (!match.Success)
            return stored;
        if (match.Groups[2].Length == 0)
            return "";
        try
        {
            if (match.Groups[1].Value != Provider)
                throw new CryptographicException();
            byte[] blob = Convert.FromBase64String(match.Groups[2].Value);
            byte[] clear = new byte[Math.Max(0, blob.Length - NonceSize - TagSize)];
            using var aes = new AesGcm(File.ReadAllBytes(keyPath), TagSize);
            aes.Decrypt(blob.AsSpan(0, NonceSize), blob.AsSpan(NonceSize + TagSize), blob.AsSpan(NonceSize, TagSize), clear);
            return Encoding.Unicode.GetString(clear);
        }
        catch (Exception e) when (e is CryptographicException or FormatException or ArgumentException or IOException)
        {
            throw new COMException("Failed to decrypt attribute 'password'", unchecked((int)0x80090005));
        }
    }
}
