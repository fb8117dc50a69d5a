// The secret of a scan, with .NET's standard library.
// HOOKWARD_KEY=<key in base64> Derive developer-payload|header <audience> <scan id>
using System;
using System.IO;
using System.Security.Cryptography;
using System.Text;

static class Derive
{
    static string Secret(byte[] key, string purpose, string audience, string scanId)
    {
        string[] pieces = { "hookward-derive-v1", purpose, audience, scanId };
        var message = new MemoryStream();
        var writer = new BinaryWriter(message); // little-endian on every machine
        writer.Write((ulong)pieces.Length);
        foreach (string piece in pieces)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(piece);
            writer.Write((ulong)bytes.Length);
            writer.Write(bytes);
        }
        byte[] mac = new HMACSHA256(key).ComputeHash(message.ToArray());
        return Convert.ToBase64String(mac).TrimEnd('=').Replace('+', '-').Replace('/', '_');
    }

    static void Main(string[] args)
    {
        byte[] key = Convert.FromBase64String(Environment.GetEnvironmentVariable("HOOKWARD_KEY"));
        Console.WriteLine(Secret(key, args[0], args[1], args[2]));
    }
}
