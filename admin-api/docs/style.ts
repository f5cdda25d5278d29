/** The style of the page: two columns where there is room, one on a phone, dark where the reader likes it so. */
export const style = `
:root{color-scheme:light dark;--ink:#1c1e21;--soft:#5b6068;--line:#d9dce1;--back:#fff;--block:#f5f6f8;--link:#0b57d0;
--get:#0a7d4b;--post:#0b57d0;--put:#8a5a00;--patch:#8a5a00;--delete:#b3261e}
@media(prefers-color-scheme:dark){:root{--ink:#e6e7ea;--soft:#a3a8b0;--line:#3a3d43;--back:#16171a;--block:#202226;--link:#8ab4f8;
--get:#5fd39b;--post:#8ab4f8;--put:#f0c068;--patch:#f0c068;--delete:#f28b82}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem}
body{margin:0;font:16px/1.55 system-ui,sans-serif;color:var(--ink);background:var(--back);overflow-wrap:break-word}
a{color:var(--link);text-decoration:none}a:hover,a:focus{text-decoration:underline}
code,pre{font-family:ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;font-size:.875em}
main{max-width:62rem;padding:1.5rem 2rem 6rem}
nav{font-size:.875rem;line-height:1.4;padding:1.25rem 1.25rem 3rem}
nav ul{list-style:none;margin:.2rem 0 .9rem;padding:0}nav li{margin:0;padding:.15rem 0}
nav>ul>li>a{font-weight:600;color:var(--ink)}
nav ul ul{margin:.15rem 0 .5rem .1rem;padding-left:.7rem;border-left:1px solid var(--line)}
nav ul ul a{color:var(--soft)}
nav ul ul a{display:flex;align-items:baseline}nav span{min-width:0;overflow-wrap:anywhere}
nav b{flex:none;width:4.4em;font:600 .6875rem ui-monospace,'DejaVu Sans Mono',monospace}
nav>p{margin:0 0 .8rem;font-weight:700}
h1{font-size:1.9rem;line-height:1.2;margin:.3rem 0 1rem}
h1 small{font-size:1rem;font-weight:400;color:var(--soft);white-space:nowrap}
h2{font-size:1.45rem;margin:3.5rem 0 .4rem;padding-bottom:.3rem;border-bottom:2px solid var(--line)}
article{margin:2rem 0 0;padding:0 0 .5rem 1rem;border-left:4px solid var(--line)}
h3{font-size:1.05rem;margin:0 0 .3rem;line-height:1.4}h3 code{font-size:1em;font-weight:700}
h3 a{color:inherit}h4{margin:1.1rem 0 .2rem;font-size:.8125rem;color:var(--soft);font-weight:600;text-transform:uppercase;letter-spacing:.04em}
p{margin:.4rem 0 .7rem;max-width:46rem}
.get{border-color:var(--get)}.post{border-color:var(--post)}.put{border-color:var(--put)}.patch{border-color:var(--patch)}.delete{border-color:var(--delete)}
b.get,h3.get{color:var(--get)}b.post,h3.post{color:var(--post)}b.put,h3.put{color:var(--put)}b.patch,h3.patch{color:var(--patch)}b.delete,h3.delete{color:var(--delete)}
.scope{font-size:.875rem;color:var(--soft)}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;margin:.3rem 0 .6rem;font-size:.9rem}
th,td{text-align:left;vertical-align:top;padding:.32rem 1rem .32rem 0;border-bottom:1px solid var(--line)}
th{font-weight:600;color:var(--soft);font-size:.8125rem}
td:first-child{white-space:nowrap}td:nth-child(2){min-width:7rem}td:last-child{min-width:12rem}
td code{white-space:nowrap}td i{font-style:normal;font-size:.75rem;color:var(--soft);margin-left:.4em}
pre{background:var(--block);border:1px solid var(--line);border-radius:6px;padding:.7rem .9rem;margin:.4rem 0 .8rem;overflow-x:auto;line-height:1.45}
:not(pre)>code{background:var(--block);border-radius:3px;padding:.05em .25em}h3 code,td:first-child code,nav code{background:none!important;padding:0!important}
details{margin:.2rem 0 .5rem}summary{cursor:pointer;color:var(--link);font-size:.9rem}
:target{scroll-margin-top:1rem}article:target{background:var(--block)}
@media(min-width:64rem){body{display:grid;grid-template-columns:22rem minmax(0,1fr)}
nav{position:sticky;top:0;height:100vh;overflow-y:auto;border-right:1px solid var(--line)}}
@media(max-width:63.99rem){main{padding:.5rem 1rem 4rem}nav{padding:.8rem 1rem .2rem;border-bottom:1px solid var(--line)}
h1{font-size:1.5rem}h2{margin-top:2.5rem}article{padding-left:.7rem}nav ul ul{display:none}nav>ul>li{display:inline-block;margin-right:1.1rem}}
@media(max-width:40rem){table,tbody,tr{display:block}thead{display:none}tr{padding:.4rem 0;border-bottom:1px solid var(--line)}
td{display:inline-block;border:0;padding:0 .7rem 0 0;min-width:0!important}td:nth-child(2){color:var(--soft)}td:last-child{display:block}td br{display:none}}
@media print{nav{display:none}details{display:block}article{break-inside:avoid}}
`;
