import HTTP

// What a connection knows of a request while that arrives. Objects of their own: an idle connection has no
// room for them.

/// A head that has come in part.
final class PartialHead {
    var parser: RequestParser

    init(_ parser: RequestParser) { self.parser = parser }
}

/// A body that is not complete.
final class BodyDecoding {
    var decoder: BodyDecoder

    init(_ framing: BodyFraming, limits: HTTPLimits) { decoder = BodyDecoder(framing, limits: limits) }
}
