import COpenSSL
import Crypto
import Text
import X509

/// What is to be certified; `sign` turns it into a certificate.
struct TestForm {
    var subject: TestName
    /// Whose subject is taken instead of `subject`.
    var subjectOf: Certificate?
    var notBefore: WallTime
    var notAfter: WallTime
    var digest: TestDigest
    var serial: [UInt8]?
    var hasKeyIdentifiers = true
    var extensions: [TestExtension] = []

    /// Signed by `issuer`, or by the key itself.
    func sign(for key: TestKey, by issuer: TestCertificate?) -> TestCertificate {
        guard let draft = unsafe X509_new() else { preconditionFailure("out of memory") }
        must(unsafe X509_set_version(draft, 2))
        unsafe setSerial(draft)
        must(unsafe ASN1_TIME_set(X509_getm_notBefore(draft), time_t(notBefore.seconds)) != nil ? 1 : 0)
        must(unsafe ASN1_TIME_set(X509_getm_notAfter(draft), time_t(notAfter.seconds)) != nil ? 1 : 0)
        must(unsafe X509_set_pubkey(draft, key.handle))
        unsafe setSubject(draft)
        if let issuer {
            unsafe issuer.certificate.withHandle { issuerHandle in
                must(unsafe X509_set_issuer_name(draft, X509_get_subject_name(issuerHandle)))
                unsafe addExtensions(to: draft, issuer: issuerHandle)
            }
        } else {
            must(unsafe X509_set_issuer_name(draft, X509_get_subject_name(draft)))
            unsafe addExtensions(to: draft, issuer: draft)
        }
        let signer = issuer?.key ?? key
        must(unsafe X509_sign(draft, signer.handle, signer.digest(digest)) > 0 ? 1 : 0)
        let pem = unsafe collected { unsafe PEM_write_bio_X509($0, draft) }
        return unsafe TestCertificate(certificate: Certificate(adopting: draft), key: key, pem: pem)
    }

    private func setSerial(_ draft: OpaquePointer) {
        var bytes = serial ?? [0x4D] + SecureRandom.bytes(15)
        let number = unsafe BN_bin2bn(&bytes, Int32(bytes.count), nil)
        defer { unsafe BN_free(number) }
        must(unsafe BN_to_ASN1_INTEGER(number, X509_get_serialNumber(draft)) != nil ? 1 : 0)
    }

    private func setSubject(_ draft: OpaquePointer) {
        if let subjectOf {
            return unsafe subjectOf.withHandle {
                must(unsafe X509_set_subject_name(draft, X509_get_subject_name($0)))
            }
        }
        let name = unsafe X509_get_subject_name(draft)
        for attributes in subject.relativeNames {
            for (index, attribute) in attributes.enumerated() {
                // 0 begins a relative name, -1 joins the one before.
                let set: Int32 = index == 0 ? 0 : -1
                must(
                    unsafe X509_NAME_add_entry_by_txt(
                        name, attribute.type, attribute.tag, attribute.bytes, Int32(attribute.bytes.count),
                        -1, set))
            }
        }
    }

    private func addExtensions(to draft: OpaquePointer, issuer: OpaquePointer) {
        var all = extensions
        if hasKeyIdentifiers {
            all.append(TestExtension("subjectKeyIdentifier", "hash"))
            if unsafe issuer != draft { all.append(TestExtension("authorityKeyIdentifier", "keyid:always")) }
        }
        // certificatePolicies wants a configuration to be there, be it empty.
        let configuration = unsafe NCONF_new(nil)
        defer { unsafe NCONF_free(configuration) }
        for wanted in all {
            var context = unsafe X509V3_CTX()
            unsafe X509V3_set_ctx(&context, issuer, draft, nil, nil, 0)
            unsafe X509V3_set_nconf(&context, configuration)
            let made = unsafe X509V3_EXT_nconf(nil, &context, wanted.name, wanted.value)
            defer { unsafe X509_EXTENSION_free(made) }
            must(unsafe X509_add_ext(draft, made, -1))
        }
    }

    /// Tests name what they want; a libcrypto that refuses is a mistake in the test.
}

/// What cannot fail in a test that is right.
func must(_ outcome: Int32) {
    precondition(outcome == 1, "libcrypto refuses")
}
