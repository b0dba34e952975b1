// HTTP.sys and a site's pools, as far as a request shows them: one process listens for one binding of one site, on the
// server's own address, and answers as WAS would: 200 or 503.
using System;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Lockstep.Farm.Control;

sealed class Web
{
    readonly EmulatedServer server;
    readonly string site, host;
    readonly X509Certificate2? certificate;

    Web(EmulatedServer server, string site, string host, bool secure)
    {
        this.server = server;
        this.site = site;
        this.host = host;
        certificate = secure ? SelfSigned(host.Length > 0 ? host : "localhost") : null;
    }

    // Adds the binding to the configuration, says "address:port" in the file `ready`, and serves until it is killed.
    public static void Serve(EmulatedServer server, string site, string host, string scheme, string ready)
    {
        if (scheme is not ("http" or "https"))
            throw new UsageException("a binding is http or https");
        string own = Path.Combine(server.Home, "address");
        var listener = new TcpListener(IPAddress.Parse(File.Exists(own) ? File.ReadAllText(own).Trim() : "127.0.0.1"), 0);
        listener.Start(128);
        var web = new Web(server, site, host, scheme == "https");
        string binding = listener.LocalEndpoint + ":" + host;
        ConfigEdit.Rewrite(server, (file, splices) =>
        {
            var element = Person.Site(file, site);
            string xml = "<binding protocol=\"" + scheme + "\" bindingInformation=\"" + XmlText.Escape(binding, '"') + "\" />";
            if (element.Child("bindings") is { } bindings)
                ConfigEdit.Append(splices, bindings, xml);
            else
                ConfigEdit.Append(splices, element, "<bindings>" + xml + "</bindings>");
        });
        EmulatedServer.ReplaceFile(ready, Encoding.ASCII.GetBytes(listener.LocalEndpoint + "\n"));
        while (true)
        {
            var client = listener.AcceptTcpClient();
            _ = Task.Run(() => web.Answer(client));
        }
    }

    // ANSWER: a status, as another module or application would give; was = as WAS has it; or a fault: close, hang, noise.
    public static void SetAnswer(EmulatedServer server, string site, string answer)
    {
        if (answer is not ("was" or "close" or "hang" or "noise") && !(int.TryParse(answer, out int status) && status is >= 100 and < 600))
            throw new UsageException("an answer is a status, was, close, hang or noise");
        string path = AnswersPath(server);
        var lines = (File.Exists(path) ? File.ReadAllLines(path) : Array.Empty<string>()).Where(l => l.Split('\t')[0] != site);
        EmulatedServer.ReplaceFile(path, Encoding.UTF8.GetBytes(string.Concat(lines.Append(site + "\t" + answer).Select(l => l + "\n"))));
    }

    static string AnswersPath(EmulatedServer server) => Path.Combine(server.Home, "http.answers");

    string Chosen()
    {
        string path = AnswersPath(server);
        var line = File.Exists(path) ? File.ReadAllLines(path).LastOrDefault(l => l.Split('\t')[0] == site) : null;
        return line?.Split('\t')[1] ?? "was";
    }

    void Answer(TcpClient client)
    {
        using (client)
        {
            try
            {
                Stream stream = client.GetStream();
                stream.ReadTimeout = stream.WriteTimeout = 10000;
                if (certificate != null)
                    stream = Secure(stream);
                Talk(stream, new StreamReader(stream, Encoding.ASCII));
            }
            catch (Exception e) when (e is IOException or AuthenticationFault or SocketException or System.Security.Authentication.AuthenticationException)
            {
            }
        }
    }

    sealed class AuthenticationFault : Exception { }

    // A binding with a name is found by the name that the client asks for.
    SslStream Secure(Stream inner)
    {
        var stream = new SslStream(inner, false);
        stream.AuthenticateAsServer(new SslServerAuthenticationOptions
        {
            ServerCertificateSelectionCallback = (_, name) =>
                host.Length == 0 || string.Equals(name, host, StringComparison.OrdinalIgnoreCase) ? certificate! : throw new AuthenticationFault(),
        });
        return stream;
    }

    void Talk(Stream stream, StreamReader reader)
    {
        string request = reader.ReadLine() ?? "";
        string hostLine = "";
        for (string? line = reader.ReadLine(); !string.IsNullOrEmpty(line); line = reader.ReadLine())
            if (line.StartsWith("Host: ", StringComparison.Ordinal))
                hostLine = line[6..];
        lock (site)
            File.AppendAllText(Path.Combine(server.Home, "http.log"), site + "\t" + hostLine + "\t" + request + "\n");
        string answer = Chosen();
        if (answer == "hang")
            Thread.Sleep(120_000);
        if (answer is "close" or "hang")
            return;
        string[] words = request.Split(' ');
        string status = answer == "was" ? (words.Length == 3 ? Status(words[1]) : 400).ToString() : answer;
        string body = "<p>" + new string('x', 100_000) + "</p>";
        string head = answer == "noise" ? "220 not HTTP\r\n" : "HTTP/1.1 " + status + " As WAS has it\r\nContent-Length: " + body.Length + "\r\nConnection: close\r\n\r\n";
        stream.Write(Encoding.ASCII.GetBytes(head + body));
        stream.Flush();
    }

    // The application with the longest path that fits, and its pool.
    int Status(string path)
    {
        var file = AppHost.Read(server.ConfigPath);
        var element = Person.Site(file, site);
        var application = element.Children.Where(c => c.Name == "application")
            .Where(c => (path + "/").StartsWith((c.Attribute("path")?.Value ?? "/").TrimEnd('/') + "/", StringComparison.OrdinalIgnoreCase))
            .MaxBy(c => c.Attribute("path")?.Value.Length ?? 0);
        if (application == null)
            return 404;
        string pool = AppHost.PoolOf(file.Sites!, element, application);
        return file.FindPool(pool) == null ? 503 : server.Locked(was => was.Request(pool));
    }

    static X509Certificate2 SelfSigned(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
