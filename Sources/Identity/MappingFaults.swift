import Text

/// What is wrong with a list of mapping rules.
public struct MappingFaults: Error, Sendable, Hashable {
    public let faults: [MappingFault]
}

/// A rule that contradicts an earlier one; positions in the list.
public struct MappingFault: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        /// Says the same.
        case repeated
        /// Never asked: the earlier one takes every certificate that it could take.
        case unreachable
        /// A value that fits both.
        case overlaps(example: String)
        /// One issuer's rules differ in what they say of superseded certificates, or in how its name is
        /// compared.
        case differs
        /// By itself: a value of the issuer's name can't be read, so that it can't be normalised.
        case issuerUnreadable
        /// By itself: with lower-case letters as upper-case ones no value fits the pattern.
        case fitsNothing
    }

    public let rule: Int
    public let earlier: Int
    public let kind: Kind

    public init(rule: Int, earlier: Int, _ kind: Kind) {
        self.rule = rule
        self.earlier = earlier
        self.kind = kind
    }
}

extension MappingRules {
    /// Every rule by itself, and against every earlier one of the same issuer.
    static func faults(in rules: [MappingRule]) -> [MappingFault] {
        var faults: [MappingFault] = []
        for (index, rule) in rules.enumerated() {
            if case .subject(_, let pattern?, true) = rule.mode, pattern.foldingCase == nil {
                faults.append(MappingFault(rule: index, earlier: index, .fitsNothing))
            }
            if rule.issuerKey == nil {
                faults.append(MappingFault(rule: index, earlier: index, .issuerUnreadable))
            }
            for earlier in rules[..<index].indices {
                if let kind = conflict(rule, rules[earlier]) {
                    faults.append(MappingFault(rule: index, earlier: earlier, kind))
                    break
                }
            }
        }
        return faults
    }

    private static func conflict(_ rule: MappingRule, _ earlier: MappingRule) -> MappingFault.Kind? {
        guard rule.isAboutIssuer(of: earlier) else { return nil }
        guard rule.issuerMatching == earlier.issuerMatching, rule.supersession == earlier.supersession else {
            return .differs
        }
        if rule.mode == earlier.mode { return .repeated }
        guard case .subject(let oneSource, let one, let oneFolds) = earlier.mode else { return .unreachable }
        guard case .subject(let source, let other, let folds) = rule.mode, source == oneSource else {
            return nil
        }
        guard let one = one?.folding(oneFolds) else { return .unreachable }
        return one.overlap(with: other?.folding(folds) ?? one).map { .overlaps(example: $0) }
    }
}

extension MappingRule {
    /// Whether there are certificates that both rules are about.
    fileprivate func isAboutIssuer(of other: MappingRule) -> Bool {
        if issuer.der == other.issuer.der { return true }
        guard issuerMatching == .normalised || other.issuerMatching == .normalised else { return false }
        guard let name = issuer.normalised else { return false }
        return name == other.issuer.normalised
    }
}

extension IDPattern {
    fileprivate func folding(_ folds: Bool) -> IDPattern { folds ? foldingCase ?? self : self }
}
