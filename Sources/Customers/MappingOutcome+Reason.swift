public import Identity

extension MappingOutcome {
    /// Why nobody was found in the store, as the audit log says it.
    public var strangerReason: String {
        switch self {
        case .customer: "unknownCustomer"
        case .enrolment: "mapping.notEnrolled"
        case .refused(let refusal): "mapping.\(refusal.rawValue)"
        }
    }
}
