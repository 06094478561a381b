import COpenSSL
import X509

/// TLS sessions as OpenSSL writes them down (SSL_SESSION in DER), less the peer's certificate, which is most
/// of it and takes longest to read.
enum SessionText {
    /// The keys of the session are among the bytes.
    static func destroy(_ bytes: UnsafeMutableBufferPointer<UInt8>) {
        unsafe OPENSSL_cleanse(bytes.baseAddress, bytes.count)
        unsafe bytes.deallocate()
    }

    /// For the caller to destroy. Nil when out of memory.
    static func withoutPeer(_ session: OpaquePointer) -> UnsafeMutableBufferPointer<UInt8>? {
        var start: UnsafeMutablePointer<UInt8>?
        let count = unsafe Int(i2d_SSL_SESSION(session, &start))
        guard count > 0, let start = unsafe start else { return nil }
        defer {
            unsafe OPENSSL_cleanse(start, count)
            unsafe shim_OPENSSL_free(start)
        }
        let whole = unsafe UnsafeBufferPointer(start: start, count: count)
        guard let (content, peer) = unsafe Self.parts(of: whole.span) else { return nil }
        let header = derHeader(ofSequence: content.count - peer.count)
        let kept = UnsafeMutableBufferPointer<UInt8>
            .allocate(capacity: header.count + content.count - peer.count)
        var end = unsafe kept.update(fromContentsOf: header)
        for range in [content.lowerBound..<peer.lowerBound, peer.upperBound..<content.upperBound] {
            end = unsafe kept[end...].update(fromContentsOf: whole[range])
        }
        return unsafe kept
    }

    /// Where the content of an SSL_SESSION is, and within it the peer's certificate: empty, at the end, when
    /// there is none.
    private static func parts(of whole: Span<UInt8>) -> (content: Range<Int>, peer: Range<Int>)? {
        do throws(DERFault) {
            var file = DERCursor(0..<whole.count)
            let content = try file.next(DERTag.sequence, in: whole).content
            var fields = DERCursor(content)
            while let tag = fields.nextTag(in: whole) {
                let field = try fields.next(in: whole)
                if tag == peerTag { return (content, field.whole) }
            }
            return (content, content.upperBound..<content.upperBound)
        } catch {
            return nil
        }
    }

    private static func derHeader(ofSequence length: Int) -> [UInt8] {
        let octets = [length >> 16, length >> 8, length].map { UInt8(truncatingIfNeeded: $0) }
        let significant = octets.drop { $0 == 0 }
        if length < 0x80 { return [DERTag.sequence, UInt8(length)] }
        return [DERTag.sequence, 0x80 | UInt8(significant.count)] + significant
    }

    /// `[3] EXPLICIT` of OpenSSL's SSL_SESSION_ASN1.
    private static let peerTag = DERTag.constructed(3)
}
