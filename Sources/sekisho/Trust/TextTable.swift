/// Columns of text for a terminal. A title that begins with `>` belongs to numbers, which stand to the right.
struct TextTable {
    private let titles: [String]
    private var rows: [[String]] = []

    init(_ titles: String...) { self.titles = titles }

    mutating func add(_ cells: String...) { rows.append(cells) }

    var text: String {
        let heads = titles.map { $0.hasPrefix(">") ? String($0.dropFirst()) : $0 }
        let widths = heads.indices.map { column in
            ([heads] + rows).map { $0[column].count }.max() ?? 0
        }
        return ([heads] + rows).map { cells in
            let padded = cells.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return titles[column].hasPrefix(">") ? space + cell : cell + space
            }
            var line = "  " + padded.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }
}
