import Foundation
import TestPostgres

/// An nginx that asks for a customer's certificate and shows what it got: a known-good server to test the
/// browser against.
final class CertificateEcho {
    let address: String
    private let process: ChildProcess
    private let folder: TemporaryFolder

    /// - Parameter server: the certificate it shows, as `server/HOST` or another pair of the PKI's folder.
    init(pki: DevelopmentPKI, server: String = "server/cert.fb.localhost") throws {
        folder = try TemporaryFolder()
        let port = try FreePort.find()
        address = "https://cert.fb.localhost:\(port)/"
        let bundle = try ["customer-anchors.pem", "customer-intermediates.pem"].map {
            try String(contentsOfFile: pki.path($0), encoding: .utf8)
        }
        try folder.write(bundle.joined(), to: "customers.pem")
        try folder.write(
            """
            daemon off; master_process off; pid nginx.pid; error_log /dev/stdout notice; events {}
            http {
                access_log off; default_type text/html; charset utf-8; client_body_temp_path body;
                server {
                    listen 127.0.0.1:\(port) ssl;
                    ssl_certificate \(pki.path(server)).pem;
                    ssl_certificate_key \(pki.path(server)).key;
                    ssl_client_certificate customers.pem;
                    ssl_verify_client optional;
                    ssl_verify_depth 3;
                    location / {
                        return 200 '\(Self.page)';
                    }
                }
            }
            """, to: "nginx.conf")
        process = try ChildProcess(
            "nginx", ["-p", folder.url.path, "-c", "nginx.conf", "-e", "/dev/stdout"],
            environment: ["PATH": "/usr/sbin:/usr/bin:/bin"],
            errorLog: folder.url.appending(path: "error.log"))
        _ = try process.line(containing: "event method")  // said after it has begun to listen
    }

    deinit { process.stop() }

    private static let page = """
        <!doctype html><html lang="ja"><title>証明書</title><h1>$ssl_client_s_dn</h1><p>$ssl_client_verify</p>\
        <form action="/sent"><input name="text"><label><input type="checkbox" name="agreed">同意</label>\
        <button>送信</button></form></html>
        """
}
