import Text

extension PasswordHash {
    /// Reads the PHC text. Strict: parameters in that order, in plain decimal, within their bounds; salts
    /// of 8 to 64 bytes (a digest's of 0 to 64), hashes of 16 to 64.
    public init(parsing text: String) throws(CryptoFault) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count >= 5, parts[0].isEmpty, let hash = Self.decoded(parts[parts.count - 1]),
            16...64 ~= hash.count
        else { throw .malformed("password hash") }
        self.init(try Self.form(parts), hash: hash)
        if case .pbkdf2 = form, hash.count != LegacyDigest.byteCount { throw .malformed("password hash") }
    }

    /// The PHC text.
    public var encoded: String {
        switch form {
        case .pbkdf2(let digest):
            return "$pbkdf2-sha256$\(digest.numbers)$\(Self.unpadded(digest.salt))$\(Self.unpadded(hash))"
        case .scrypt(let parameters, let salt, let legacy):
            var text = "$scrypt"
            let numbers = "ln=\(parameters.costLog2),r=\(parameters.blockSize),p=\(parameters.parallelism)"
            switch legacy?.kind {
            case nil: text += "$\(numbers)$"
            case .sha256: text += "-sha256$\(numbers)$"
            case .pbkdf2: text += "-pbkdf2-sha256$\(legacy?.numbers ?? ""),\(numbers)$"
            }
            if let legacy { text += "\(Self.unpadded(legacy.salt))$" }
            return text + "\(Self.unpadded(salt))$\(Self.unpadded(hash))"
        }
    }

    private static func form(_ parts: [Substring]) throws(CryptoFault) -> Form {
        switch (parts[1], parts.count) {
        case ("scrypt", 5):
            return .scrypt(
                try scrypt(numbers(in: parts[2], ["ln=", "r=", "p="])), salt: try salt(parts[3]), over: nil)
        case ("pbkdf2-sha256", 5):
            let iterations = try numbers(in: parts[2], ["i="])[0]
            return .pbkdf2(try pbkdf2(iterations, salt: try salt(parts[3])))
        case ("scrypt-sha256", 6):
            let digest = LegacyDigest(kind: .sha256, salt: try salt(parts[3], atLeast: 0))
            return .scrypt(
                try scrypt(numbers(in: parts[2], ["ln=", "r=", "p="])), salt: try salt(parts[4]), over: digest
            )
        case ("scrypt-pbkdf2-sha256", 6):
            let numbers = try numbers(in: parts[2], ["i=", "ln=", "r=", "p="])
            let digest = try pbkdf2(numbers[0], salt: try salt(parts[3], atLeast: 0))
            return .scrypt(try scrypt(Array(numbers[1...])), salt: try salt(parts[4]), over: digest)
        default: throw .malformed("password hash")
        }
    }

    private static func scrypt(_ numbers: [Int]) throws(CryptoFault) -> ScryptParameters {
        guard
            let parameters = ScryptParameters(
                costLog2: numbers[0], blockSize: numbers[1], parallelism: numbers[2])
        else { throw .outOfRange("password hash") }
        return parameters
    }

    static func pbkdf2(_ iterations: Int, salt: [UInt8]) throws(CryptoFault) -> LegacyDigest {
        guard LegacyDigest.iterations.contains(iterations) else { throw .outOfRange("password hash") }
        return LegacyDigest(kind: .pbkdf2(iterations: iterations), salt: salt)
    }

    static func salt(_ text: Substring, atLeast countMin: Int = 8) throws(CryptoFault) -> [UInt8] {
        guard let salt = decoded(text), countMin...64 ~= salt.count else { throw .malformed("password hash") }
        return salt
    }

    static func numbers(in text: Substring, _ names: [String]) throws(CryptoFault) -> [Int] {
        let fields = text.split(separator: ",", omittingEmptySubsequences: false)
        guard fields.count == names.count else { throw .malformed("password hash") }
        var numbers: [Int] = []
        for (field, name) in zip(fields, names) {
            let digits = field.dropFirst(name.count)
            guard field.hasPrefix(name), let number = Int(digits), String(number) == digits else {
                throw .malformed("password hash")
            }
            numbers.append(number)
        }
        return numbers
    }

    static func decoded(_ text: Substring) -> [UInt8]? {
        let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        return text.contains("=") ? nil : Base64.decode(text + padding)
    }

    private static func unpadded(_ bytes: [UInt8]) -> String {
        String(Base64.encode(bytes).prefix { $0 != "=" })
    }
}

extension LegacyDigest {
    fileprivate var numbers: String {
        if case .pbkdf2(let iterations) = kind { "i=\(iterations)" } else { "" }
    }
}
