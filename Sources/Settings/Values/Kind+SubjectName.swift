import Text

extension Kind where Value == SubjectName {
    static let subjectName = Kind(string: .subjectName) { text throws(Expectation) in
        guard let name = SubjectName(rfc4514: text) else { throw Expectation(StringShape.subjectName.phrase) }
        return name
    }
}

extension StringShape {
    fileprivate static let subjectName = StringShape(
        phrase: "a subject as RFC 4514 writes it (“CN=api.partner.example,O=Partner,C=JP”)", lengthMax: 2000,
        pattern: "^[A-Za-z0-9].*=")
}
