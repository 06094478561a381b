/// Tables that people fill in. On a phone each row becomes a card; the roles keep them tables for assistive
/// technology, which a changed `display` would take away.
extension HTML {
    /// - Parameters:
    ///   - head: The cells of the head row.
    ///   - rows: Of ``rowHead(id:_:content:)`` and ``cell(_:content:)``.
    public static func cards(caption: String, head: HTML, rows: [HTML]) -> HTML {
        HTML.element("table", .class("cards"), .role("table")) {
            HTML.element("caption") { caption }
            HTML.element("thead", .role("rowgroup")) {
                HTML.element("tr", .role("row")) { head }
            }
            HTML.element("tbody", .role("rowgroup")) { HTMLBuilder.buildArray(rows) }
        }
    }

    public static func columnHead(_ label: String, id: String? = nil) -> HTML {
        HTML.element(
            "th",
            attributes: [.named("scope", "col"), .role("columnheader")] + (id.map { [.id($0)] } ?? []),
            content: .text(label))
    }

    /// The cell that says what its row is about; `column` is its heading on a phone.
    public static func rowHead(id: String, _ column: String, @HTMLBuilder content: () -> HTML) -> HTML {
        HTML.element(
            "th", .named("scope", "row"), .role("rowheader"), .named("data-column", column)
        ) { HTML.element("span", .id(id), content: content) }
    }

    public static func cell(_ column: String, @HTMLBuilder content: () -> HTML) -> HTML {
        HTML.element("td", .role("cell"), .named("data-column", column)) {
            HTML.element("div", content: content)
        }
    }

    /// A tick that other elements label.
    public static func tick(name: String, labelledBy ids: [String], isTicked: Bool) -> HTML {
        HTML.element(
            "input", .type("checkbox"), .class("tick"), .id(name), .name(name), .value("yes"),
            .named("aria-labelledby", ids.joined(separator: " ")), .flag("checked", if: isTicked))
    }

    /// A head cell with a tick for all rows. ``SelectAll/script`` lets it tick them before anything is sent;
    /// without script it counts as if each were ticked.
    /// - Parameter said: What those are told who do not see the rows; `#` stands for how many are ticked.
    public static func selectAll(_ label: String, name: String, isTicked: Bool, said: String) -> HTML {
        HTML.element("th", .named("scope", "col"), .role("columnheader"), .class("all")) {
            HTML.element("label") {
                HTML.element(
                    "input", .type("checkbox"), .class("tick"), .id(SelectAll.elementID), .name(name),
                    .value("yes"), .flag("checked", if: isTicked))
                HTML.element("span") { label }
            }
            HTML.element(
                "span", .class("unseen"), .role("status"), .id("select-all-said"), .named("data-said", said)
            ) {}
        }
    }

    /// A secret of digits that other elements label; it never comes back in a page.
    public static func cellField(
        name: String, labelledBy labels: [String], describedBy ids: [String], isInvalid: Bool
    ) -> HTML {
        HTML.element(
            "input",
            attributes: [
                .type("password"), .id(name), .name(name), .named("inputmode", "numeric"),
                .named("autocomplete", "off"),
                .named("aria-labelledby", labels.joined(separator: " ")), .describedBy(ids),
            ] + (isInvalid ? [.named("aria-invalid", "true")] : []))
    }
}

/// Makes the tick in a table's head tick its rows, and says how many are.
public enum SelectAll {
    static let elementID = "select-all"
    /// Where the consent backend serves ``script``.
    public static let scriptPath = "/consent/select-all.js"

    public static let script = Array(
        """
        (() => {
          'use strict';
          const all = document.getElementById('select-all');
          if (!all) return;
          const table = all.closest('table');
          const rows = [...table.querySelectorAll('tbody input[type=checkbox]')];
          const reflect = () => {
            const ticked = rows.filter((row) => row.checked).length;
            all.checked = ticked === rows.length;
            all.indeterminate = ticked > 0 && ticked < rows.length;
          };
          all.addEventListener('change', () => {
            for (const row of rows) row.checked = all.checked;
            reflect();
            const said = document.getElementById('select-all-said');
            said.textContent = said.dataset.said.replace('#', all.checked ? rows.length : 0);
          });
          for (const row of rows) row.addEventListener('change', reflect);
          // What is typed into a row is meant for it.
          for (const field of table.querySelectorAll('tbody input[type=password]')) {
            field.addEventListener('input', () => {
              const tick = field.closest('tr').querySelector('input[type=checkbox]');
              if (field.value !== '' && tick && !tick.checked) { tick.checked = true; reflect(); }
            });
          }
          if (!all.checked) reflect();
        })();

        """.utf8)
}
