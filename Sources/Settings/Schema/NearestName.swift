/// The name that was probably meant, or "" when none is near: at most a third of its letters differ.
func nearestName(to name: String, among names: [String]) -> String {
    let near = names.map { (name: $0, distance: editDistance(name.lowercased(), $0.lowercased())) }
        .filter { $0.distance <= max(1, $0.name.count / 3) }
    return near.min { $0.distance < $1.distance }?.name ?? ""
}

extension String {
    /// `; did you mean “…”?`, or nothing when the name is empty.
    var hint: String { isEmpty ? "" : "; did you mean “\(self)”?" }
}

/// How many letters must be put in, taken out, changed, or swapped with their neighbour.
func editDistance(_ a: String, _ b: String) -> Int {
    let a = Array(a.prefix(80))
    let b = Array(b.prefix(80))
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in 0..<a.count {
        var row = [i + 1]
        for j in 0..<b.count {
            var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                best = min(best, beforeLast[j - 1] + 1)
            }
            row.append(best)
        }
        beforeLast = last
        last = row
    }
    return last[b.count]
}
