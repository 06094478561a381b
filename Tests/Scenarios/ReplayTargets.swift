import Foundation
import Glibc
import Reactor
import TestPostgres

/// A server that nobody here wrote, with a minted PKI as the bank of its clients.
final class ForeignTarget {
    let port: UInt16
    private let process: ChildProcess
    private let folder: TemporaryFolder

    /// nginx finishes every handshake, and answers 400 to a certificate that it does not take.
    ///
    /// - Parameter checksRevocation: Whether it has the CRLs.
    static func nginx(_ pki: String, checksRevocation: Bool = true) throws -> ForeignTarget {
        try ForeignTarget("nginx", pki) { folder, port in
            try folder.write(
                """
                daemon off; master_process off; pid nginx.pid; error_log stderr notice; events {}
                http {
                    access_log off; client_body_temp_path body; proxy_temp_path body; fastcgi_temp_path body;
                    uwsgi_temp_path body; scgi_temp_path body;
                    server {
                        listen 127.0.0.1:\(port) ssl;
                        ssl_certificate server.pem; ssl_certificate_key server.pem;
                        ssl_protocols TLSv1.2 TLSv1.3;
                        ssl_client_certificate client-ca.pem; ssl_verify_client optional; ssl_verify_depth 4;
                        \(checksRevocation ? "ssl_crl lists.pem;" : "")
                        location / { return 200 'hello'; }
                    }
                }
                """, to: "nginx.conf")
            return ["-p", folder.url.path, "-c", "nginx.conf", "-e", "stderr"]
        }
    }

    /// HAProxy breaks the handshake off with an alert.
    static func haproxy(_ pki: String) throws -> ForeignTarget {
        try ForeignTarget("haproxy", pki) { folder, port in
            let place = folder.url.path
            try folder.write(
                """
                defaults
                    mode http
                    timeout connect 3s
                    timeout client 30s
                    timeout server 30s
                frontend bank
                    bind 127.0.0.1:\(port) ssl crt \(place)/server.pem ca-file \(place)/client-ca.pem \
                crl-file \(place)/lists.pem verify optional
                    http-request return status 200 content-type text/plain string hello

                """, to: "haproxy.cfg")
            return ["-db", "-f", folder.path("haproxy.cfg")]
        }
    }

    private init(
        _ program: String, _ pki: String, configure: (TemporaryFolder, UInt16) throws -> [String]
    ) throws {
        let server = try DevelopmentPKI.made()
        folder = try TemporaryFolder()
        port = try FreePort.find()
        func text(_ paths: [String]) throws -> String {
            try paths.map { try String(contentsOfFile: $0, encoding: .utf8) }.joined()
        }
        let name = "server/cert.fb.localhost"
        try folder.write(text([server.path("\(name).pem"), server.path("\(name).key")]), to: "server.pem")
        try folder.write(
            text(["\(pki)/anchors.pem", "\(pki)/intermediates.pem"]), to: "client-ca.pem")
        let lists = try FileManager.default.contentsOfDirectory(atPath: "\(pki)/crls").map {
            "\(pki)/crls/\($0)"
        }
        try folder.write(text(lists), to: "lists.pem")
        process = try ChildProcess(
            program, configure(folder, port), environment: ["PATH": "/usr/sbin:/usr/bin:/bin"],
            errorLog: folder.url.appending(path: "error.log"))
        for _ in 0..<1000 {
            if isListening { return }
            usleep(10_000)
        }
        let log = (try? String(contentsOfFile: folder.path("error.log"), encoding: .utf8)) ?? ""
        throw ScenarioFault("\(program) does not listen after ten seconds:\n\(log)")
    }

    deinit { process.stop() }

    private var isListening: Bool {
        guard let socket = try? Sockets.connect(.tcp(address: "127.0.0.1", port: port)) else { return false }
        defer { Sockets.close(socket) }
        var poll = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
        return unsafe Glibc.poll(&poll, 1, 100) == 1 && Sockets.connectOutcome(socket) == nil
    }
}

/// A port that does to connections what no TLS server does.
final class BrokenTarget {
    enum Fault { case reset, silent, plainHTTP }

    let port: UInt16
    private let listener: Int32
    private let thread: LoopThread

    init(_ fault: Fault) throws {
        listener = try Sockets.listenTCP(address: "127.0.0.1", port: 0, backlog: 64, reusePort: false)
        port = Sockets.boundPort(listener) ?? 0
        thread = try LoopThread.start(name: "broken") { [listener] loop in
            loop.context = Host(listener, fault, loop)
        }
    }

    deinit {
        thread.stop()
        thread.join()
        Sockets.close(listener)
    }

    private final class Host: ReadinessHandler {
        private let listener: Int32
        private let fault: Fault
        private var open: [Int32] = []

        init(_ listener: Int32, _ fault: Fault, _ loop: EventLoop) {
            self.listener = listener
            self.fault = fault
            _ = try? loop.register(listener, .read, self)
        }

        deinit { for socket in open { Sockets.close(socket) } }

        func ready(_ readiness: Readiness) {
            while case .accepted(let socket, _) = Sockets.accept(listener) {
                switch fault {
                case .silent: open.append(socket)
                case .plainHTTP:
                    let answer = Array("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".utf8)
                    _ = unsafe answer.withUnsafeBytes { unsafe Sockets.write(socket, $0) }
                    // Closed later: what the client has sent is unread, and would make a reset of it.
                    open.append(socket)
                case .reset:
                    // The client's hello is there by then: what is closed unread is reset.
                    var wait = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
                    _ = unsafe Glibc.poll(&wait, 1, 2000)
                    Sockets.close(socket)
                }
            }
        }
    }
}
