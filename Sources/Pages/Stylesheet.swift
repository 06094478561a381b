/// The one stylesheet of all pages.
public enum Stylesheet {
    /// Where the consent backend serves it. The gateway serves its own pages' copy at a path of its own.
    public static let path = "/consent/style.css"

    /// The stylesheet as UTF-8.
    public static let css = Array(text.utf8)

    /// Text is at least 7:1 against its ground, borders of fields and buttons 3:1 (WCAG 2.2 AA and better).
    private static let text = """
        :root {
          --ink: #1b2733; --ink-soft: #46535f; --ground: #f4f6f8; --paper: #ffffff; --line: #76838f;
          --hair: #d5dce2;
          --brand: #123f6d; --brand-dark: #0b2c4e; --alert: #a3141a; --alert-ground: #fdf1f1;
          --focus: #ffbf47; --width: 44rem;
        }
        body:has(.cards) { --width: 52rem; }
        *, *::before, *::after { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
        body {
          margin: 0; color: var(--ink); background: var(--ground);
          font: 1rem/1.75 "Hiragino Kaku Gothic ProN", "Hiragino Sans", "Yu Gothic Medium", "Yu Gothic",
            "Noto Sans CJK JP", "Noto Sans JP", Meiryo, system-ui, sans-serif;
          overflow-wrap: anywhere; line-break: strict; word-break: auto-phrase;
        }
        .skip { position: absolute; left: -100vw; }
        .skip:focus {
          left: 0; top: 0; z-index: 1; padding: .75rem 1rem; background: var(--focus); color: var(--ink);
        }
        header {
          background: var(--brand); color: #fff; padding: .875rem max(1rem, calc((100% - var(--width)) / 2));
        }
        header p { margin: 0; line-height: 1.5; }
        .institution { font-size: 1.125rem; font-weight: 700; letter-spacing: .04em; }
        .service, .partner { font-size: .875rem; }
        .language { float: right; margin: 0 0 0 1rem; font-size: .9375rem; }
        .language a { display: inline-block; min-height: 1.75rem; padding: .125rem .5rem; color: #fff; }
        .partner { margin-top: .375rem; padding-top: .375rem; border-top: 1px solid #7f9bb8; }
        main {
          max-width: var(--width); margin: 1.5rem auto; padding: 1.5rem 2rem 2rem; background: var(--paper);
          border: 1px solid var(--hair); border-top: 4px solid var(--brand);
        }
        h1 { margin: 0 0 1.25rem; font-size: 1.375rem; line-height: 1.45; color: var(--brand-dark); }
        h2 {
          margin: 2rem 0 .625rem; padding-left: .75rem; border-left: 5px solid var(--brand);
          font-size: 1.0625rem; line-height: 1.45;
        }
        p, ul, ol, dl { margin: 0 0 1rem; }
        ul, ol { padding-left: 1.5rem; }
        a { color: var(--brand); text-underline-offset: .2em; }
        .note, .hint { color: var(--ink-soft); font-size: .9375rem; }
        .box {
          margin: 0 0 1rem; padding: .75rem 1rem; background: var(--ground); border: 1px solid var(--hair);
        }
        .box > :last-child { margin-bottom: 0; }
        ul.box { padding-left: 2.25rem; }
        form + p, .buttons + p, form + #timeout { margin-top: 1rem; }
        [hidden] { display: none; }
        .whole { white-space: nowrap; }
        section.method + section.method { margin-top: 2.5rem; }
        .field { margin: 0 0 1.25rem; }
        .field label { display: block; margin-bottom: .375rem; font-weight: 700; }
        .field .hint, .field .error { margin: 0; }
        .field .error { color: var(--alert); font-weight: 700; }
        .field input {
          width: 100%; max-width: 24rem; min-height: 2.75rem; padding: .5rem .75rem; font: inherit;
          color: inherit;
          background: #fff; border: 1px solid var(--line); border-radius: 4px;
        }
        .field input[aria-invalid="true"] { border: 2px solid var(--alert); }
        .choice { display: flex; align-items: center; gap: .5rem; margin: 1rem 0; min-height: 2.75rem; }
        .choice input { flex: none; width: 1.5rem; height: 1.5rem; margin: 0; accent-color: var(--brand); }
        .choice label { flex: 1; padding: .5rem 0; font-weight: 700; }
        .buttons { display: flex; flex-wrap: wrap; gap: 1rem; margin-top: 1.5rem; }
        .button {
          display: inline-flex; align-items: center; justify-content: center; min-width: 11rem;
          min-height: 3rem;
          padding: .5rem 1.5rem; font: inherit; font-weight: 700; line-height: 1.4; text-decoration: none;
          border: 2px solid var(--brand); border-radius: 4px; cursor: pointer;
        }
        .primary { color: #fff; background: var(--brand); }
        .primary:hover { background: var(--brand-dark); border-color: var(--brand-dark); }
        .secondary { color: var(--brand); background: #fff; }
        .secondary:hover { background: #e9eff5; }
        .alert {
          margin: 0 0 1.25rem; padding: .75rem 1rem; color: var(--alert); background: var(--alert-ground);
          border: 1px solid var(--alert); border-left-width: 6px; font-weight: 700;
        }
        .alert > :last-child { margin-bottom: 0; }
        .support, .facts { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem; }
        .support {
          margin-top: 2rem; padding-top: 1rem; border-top: 1px solid var(--hair); font-size: .9375rem;
        }
        dt { grid-column: 1; color: var(--ink-soft); }
        dd { grid-column: 2; }
        dd { margin: 0; font-variant-numeric: tabular-nums; }
        .scroll { overflow-x: auto; margin: 0 0 1rem; border: 1px solid var(--hair); }
        table { width: 100%; border-collapse: collapse; font-size: .9375rem; }
        caption { padding: .5rem .75rem; text-align: left; font-weight: 700; }
        th, td {
          padding: .625rem .75rem; border-top: 1px solid var(--hair); text-align: left;
          vertical-align: middle;
        }
        th { background: var(--ground); white-space: nowrap; }
        fieldset { margin: 0; padding: 0; border: 0; min-width: 0; }
        legend { padding: 0; font-weight: 700; }
        h3 { margin: 1.25rem 0 .5rem; font-size: 1rem; }
        .tick { width: 1.5rem; height: 1.5rem; margin: 0; accent-color: var(--brand); }
        .all label {
          display: inline-flex; align-items: center; gap: .5rem; min-height: 1.75rem; white-space: nowrap;
        }
        .unseen {
          position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
          white-space: nowrap;
        }
        .cards { margin: 0 0 1rem; border: 1px solid var(--hair); }
        .cards tbody th { font-weight: 400; background: none; white-space: normal; }
        .cards thead th { white-space: normal; }
        .cards td > div > span { white-space: nowrap; }
        .cards td { word-break: normal; }
        .cards input[type="password"] {
          width: 6.5rem; min-height: 2.5rem; padding: .25rem .5rem; font: inherit; color: inherit;
          background: #fff; border: 1px solid var(--line); border-radius: 4px;
        }
        .cards input[aria-invalid="true"] { border: 2px solid var(--alert); }
        .cards .error { margin: .25rem 0 0; color: var(--alert); font-weight: 700; line-height: 1.5; }
        footer {
          max-width: var(--width); margin: 0 auto 2rem; padding: 0 1rem; color: var(--ink-soft);
          font-size: .875rem;
        }
        :focus-visible, .alert:focus {
          outline: 3px solid var(--focus); outline-offset: 2px; box-shadow: 0 0 0 5px #1b2733;
        }
        @media (min-width: 34.01rem) {
          .cards { border: 0; }
          .cards caption { padding-inline: 0; }
          .cards thead, .cards tbody { border: 1px solid var(--hair); }
          .cards th, .cards td { padding-inline: .5rem; }
          .cards tbody th { min-width: 12rem; }
          .cards tbody th + td { min-width: 10.5rem; }
          .cards tbody td:last-child { min-width: 9rem; }
          footer { padding: 0 max(0rem, calc((var(--width) - 100vw + 2rem) / 2)); }
        }
        @media (max-width: 34rem) {
          main { margin: 0 0 1.5rem; padding: 1.25rem 1rem 1.75rem; border-width: 4px 0 1px; }
          h1 { font-size: 1.1875rem; }
          .buttons { flex-direction: column; }
          .cards, .cards caption, .cards tbody, .cards tr, .cards td, .cards tbody th { display: block; }
          .cards thead th:not(.all) { position: absolute; clip-path: inset(50%); }
          .cards thead, .cards thead tr, .cards .all { display: block; }
          .cards tr + tr, .cards tbody { border-top: 4px solid var(--hair); }
          .cards td, .cards tbody th {
            display: grid; grid-template-columns: 7.5rem 1fr; gap: .75rem; border-top: 1px solid var(--hair);
          }
          .cards td::before, .cards tbody th::before {
            content: attr(data-column); color: var(--ink-soft); font-size: .875rem;
          }
          .cards input[type="password"] { width: 100%; max-width: 10rem; }
          .method .facts { grid-template-columns: 1fr; row-gap: 0; }
          .method .facts dt { margin-top: .5rem; }
          .method .facts dd { grid-column: 1; }
          .button { width: 100%; }
        }
        @media print {
          header { color: #000; background: none; }
          main { border: 0; }
          .buttons { display: none; }
        }

        """
}
