import COpenSSL
import Glibc

/// The one table from OpenSSL's error queue and `errno` to a fault.
extension TLSFault {
    /// The fault behind `SSL_ERROR_SSL`. Empties the error queue.
    static func fromErrorQueue() -> TLSFault {
        guard let error = ErrorQueue.drain(preferring: ERR_LIB_SSL) else {
            return TLSFault(.us, "internal", "OpenSSL failed without a reason")
        }
        guard error.library == ERR_LIB_SSL else {
            return TLSFault(.peer, "protocol", error.text)
        }
        // Reasons common to all of OpenSSL are far above 1255.
        if (1...255).contains(error.reason - SSL_AD_REASON_OFFSET) {
            let name = alertName(error.reason - SSL_AD_REASON_OFFSET)
            return TLSFault(.peer, "alert(\(name))", error.text)
        }
        return switch error.reason {
        case SSL_R_UNEXPECTED_EOF_WHILE_READING: .truncated
        case SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST: TLSFault(.peer, "plainHTTP", error.text)
        case SSL_R_NO_SHARED_CIPHER: TLSFault(.peer, "noSharedCipher", error.text)
        case SSL_R_NO_SHARED_GROUPS, SSL_R_NO_SUITABLE_KEY_SHARE, SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM,
            SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
            TLSFault(.peer, "noSharedParameters", error.text)
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_VERSION_TOO_LOW, SSL_R_UNSUPPORTED_SSL_VERSION,
            SSL_R_UNKNOWN_PROTOCOL:
            TLSFault(.peer, "unsupportedVersion", error.text)
        case SSL_R_NO_APPLICATION_PROTOCOL: TLSFault(.peer, "noApplicationProtocol", error.text)
        case SSL_R_BAD_SIGNATURE: TLSFault(.peer, "badSignature", error.text)
        case SSL_R_EXCESSIVE_MESSAGE_SIZE: TLSFault(.peer, "messageTooLarge", error.text)
        case SSL_R_CERTIFICATE_VERIFY_FAILED: TLSFault(.peer, "untrustedCertificate", error.text)
        case SSL_R_BAD_WRITE_RETRY, SSL_R_BAD_LENGTH, Int32(ERR_R_INTERNAL_ERROR), SSL_R_UNINITIALIZED:
            TLSFault(.us, "internal", error.text)
        case Int32(ERR_R_MALLOC_FAILURE): .outOfMemory
        default: TLSFault(.peer, "protocol", error.text)
        }
    }

    /// The fault behind `SSL_ERROR_SYSCALL`; `code` is `errno` as it was right after the call.
    static func fromSystem(_ code: Int32) -> TLSFault {
        let text = unsafe String(cString: strerror(code))
        return switch code {
        case 0: .truncated
        case ECONNRESET, EPIPE: TLSFault(.peer, "reset", text)
        case ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, ENETDOWN, ECONNREFUSED, ECONNABORTED:
            TLSFault(.peer, "unreachable", text)
        default: TLSFault(.us, "system", text)
        }
    }

    /// The alert's name in RFC 8446 §6 and RFC 5246 §7.2, or its number.
    static func alertName(_ number: Int32) -> String {
        switch number {
        case 0: "close_notify"
        case 10: "unexpected_message"
        case 20: "bad_record_mac"
        case 22: "record_overflow"
        case 40: "handshake_failure"
        case 42: "bad_certificate"
        case 43: "unsupported_certificate"
        case 44: "certificate_revoked"
        case 45: "certificate_expired"
        case 46: "certificate_unknown"
        case 47: "illegal_parameter"
        case 48: "unknown_ca"
        case 49: "access_denied"
        case 50: "decode_error"
        case 51: "decrypt_error"
        case 70: "protocol_version"
        case 71: "insufficient_security"
        case 80: "internal_error"
        case 86: "inappropriate_fallback"
        case 90: "user_canceled"
        case 100: "no_renegotiation"
        case 109: "missing_extension"
        case 110: "unsupported_extension"
        case 112: "unrecognized_name"
        case 113: "bad_certificate_status_response"
        case 115: "unknown_psk_identity"
        case 116: "certificate_required"
        case 120: "no_application_protocol"
        default: "\(number)"
        }
    }
}

/// OpenSSL's error queue of this thread.
enum ErrorQueue {
    struct Entry {
        let library: Int32
        let reason: Int32
        let text: String
    }

    /// Empties the queue and returns its first entry, which is the cause of the others; if `library` has
    /// entries, its first.
    static func drain(preferring library: Int32? = nil) -> Entry? {
        var code = ERR_get_error()
        guard code != 0 else { return nil }
        if let library {
            var other = code
            while other != 0, shim_ERR_GET_LIB(other) != library { other = ERR_get_error() }
            if other != 0 { code = other }
        }
        ERR_clear_error()
        let text = unsafe ERR_reason_error_string(code).map { unsafe String(cString: $0) }
        return Entry(
            library: shim_ERR_GET_LIB(code), reason: shim_ERR_GET_REASON(code),
            text: text ?? "OpenSSL error \(code)")
    }
}
