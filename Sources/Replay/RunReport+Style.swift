extension RunReport {
    /// Of the page; in the dark too.
    static let style = """
        :root{color-scheme:light dark;--ink:#1d2530;--dim:#667085;--rule:#e3e7ee;--paper:#fff;--back:#f4f6f9;\
        --full:#b4531f;--resumed:#1f6fb4;--good:#1b7f4b;--bad:#b3261e;--silent:#98a2b3}
        @media(prefers-color-scheme:dark){:root{--ink:#e6eaf0;--dim:#98a2b3;--rule:#2c3542;--paper:#171d26;\
        --back:#0f141b;--full:#f0975f;--resumed:#6db3f2;--good:#4cc38a;--bad:#ff8a80;--silent:#667085}}
        *{box-sizing:border-box}body{margin:0;background:var(--back);color:var(--ink);\
        font:15px/1.5 system-ui,"Segoe UI",Roboto,"Noto Sans",sans-serif;font-variant-numeric:tabular-nums}
        main{max-width:1180px;margin:0 auto;padding:28px 20px 40px}h1{font-size:22px;margin:0}
        h2{font-size:16px;margin:0 0 10px}header{margin-bottom:18px}
        .verdict{display:inline-block;margin:8px 0 12px;padding:4px 12px;border-radius:999px;font-weight:600;\
        color:#fff;background:var(--good)}.verdict.bad{background:var(--bad)}
        dl{display:flex;flex-wrap:wrap;gap:4px 28px;margin:0}dl div{display:flex;gap:8px}dt{color:var(--dim)}
        dd{margin:0}section{margin-bottom:18px}
        .tiles{display:grid;grid-template-columns:repeat(7,1fr);gap:12px}
        @media(max-width:900px){.tiles{grid-template-columns:repeat(auto-fit,minmax(145px,1fr))}}
        .tiles div,figure,section:not(.tiles):not(.grid){background:var(--paper);border-radius:10px;\
        border:1px solid var(--rule);padding:14px 16px}
        .tiles span,.tiles small{display:block;color:var(--dim);font-size:13px}
        .tiles b{font-size:24px;font-weight:650}
        .grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:18px}
        figure{margin:0}figcaption{font-weight:600;margin-bottom:6px}svg{display:block;width:100%;height:auto}
        .gridline{stroke:var(--rule);stroke-width:1}.tick{fill:var(--dim);font-size:11px}
        .end{text-anchor:end}.middle{text-anchor:middle}
        .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke:var(--dim)}.area{stroke:none;opacity:.18}
        .line.started{stroke:var(--dim);stroke-dasharray:4 3}.line.finished,.line.resumed,.line.p50\
        {stroke:var(--resumed)}.area.finished{fill:var(--resumed)}.line.full,.line.p99{stroke:var(--full)}
        .line.max{stroke:var(--silent);stroke-width:1}.line.failed{stroke:var(--bad)}
        table{border-collapse:collapse;width:100%}th,td{padding:4px 10px;text-align:right;white-space:nowrap}
        th{font-weight:500;color:var(--dim)}tr>th:first-child{text-align:left;padding-left:0;color:var(--ink)}
        tr+tr{border-top:1px solid var(--rule)}.text{text-align:left;white-space:normal;color:var(--dim)}
        .bars .bar{width:60%;text-align:left}.bar i{display:inline-block;height:14px;vertical-align:middle;\
        border-radius:3px}.match{background:var(--good)}
        .differ{background:var(--bad)}.silent{background:var(--silent)}
        .wrong{color:var(--bad);font-weight:650}.none{color:var(--dim)}ul{margin:10px 0 0;padding-left:20px}
        section{overflow-x:auto}footer{color:var(--dim);font-size:13px}
        """
}
