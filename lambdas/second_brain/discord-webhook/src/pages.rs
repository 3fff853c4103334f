//! The HTML pages for linking an account. Their Content-Security-Policy permits no script, no external
//! resource and no frame; every value in them is escaped.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use second_brain_http::ApiResponse;
use second_brain_store::ExternalAccount;

const STYLE: &str = "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:3rem auto;padding:0 1rem}\
    dt{color:#666}dd{margin:0 0 .5rem;font-weight:600}code{font-size:1.2em}\
    button{font:inherit;padding:.5rem 1rem}.warning{border-left:.3rem solid #b00;padding-left:1rem}";

/// Names the Discord account that typed /link, before anybody signs in.
pub fn start(account: &ExternalAccount, ticket: &str, sign_in: &str) -> ApiResponse {
    let body = format!(
        "<h1>Link a Discord account</h1>\
         <p>This Discord account asked for a link with <code>/link</code>:</p><dl>{}</dl>\
         <p class=\"warning\">Go on only if this is your own account and you typed <code>/link</code> yourself. \
         If somebody sent you this page, close it.</p>\
         <form method=\"post\" action=\"link\"><input type=\"hidden\" name=\"ticket\" value=\"{}\">\
         <button>Sign in to Second Brain</button></form>",
        at_discord(account),
        escaped(ticket),
    );
    // Browsers apply form-action to the redirect after the form as well, which leads to the sign-in pages.
    page(200, "Link a Discord account", &body, &format!("'self' {sign_in}"))
}

/// Names both accounts and what the link permits, with a form to confirm.
pub fn confirmation(account: &ExternalAccount, person: &str, form: &str) -> ApiResponse {
    let body = format!(
        "<h1>Link these two accounts?</h1>\
         <dl>{}<dt>Second Brain account that signed in</dt><dd><bdi>{}</bdi></dd></dl>\
         <p>Whoever uses the Discord account can then, without signing in, for as long as the link lasts:</p>\
         <ul><li>ask about everything that your family keeps in Second Brain,</li>\
         <li>read your briefing with your appointments and reminders,</li>\
         <li>add notes, appointments and reminders in your name.</li></ul>\
         <p>It takes the place of a Discord account that you linked before. <code>/unlink</code> ends it.</p>\
         <p class=\"warning\">If either account is not yours, or somebody sent you here, close this page: \
         nothing has been linked.</p>\
         <form method=\"post\" action=\"confirm\"><input type=\"hidden\" name=\"confirmation\" value=\"{}\">\
         <button>Both accounts are mine: go on</button></form>",
        at_discord(account),
        escaped(person),
        escaped(form),
    );
    page(200, "Link these two accounts?", &body, "'self'")
}

/// The code that the Discord account must type; until it does, nothing is linked.
pub fn code(account: &ExternalAccount, code: &str) -> ApiResponse {
    let body = format!(
        "<h1>One step is left</h1>\
         <p>Type this at Discord within ten minutes, with the account <strong><bdi>{}</bdi></strong>:</p>\
         <p><code>/link code:{}</code></p>\
         <p class=\"warning\">Never give this code to anybody, whoever asks for it. Nobody from Second Brain \
         will. Somebody who asked you to sign in here and wants this code is after your family's data.</p>\
         <p>The code works once, and only for that account. Without it nothing is linked.</p>",
        escaped(&account.name),
        escaped(code),
    );
    page(200, "One step is left", &body, "'none'")
}

/// The same page for every reason, so that it gives nothing away about which secret was wrong.
pub fn refusal(status_code: u16) -> ApiResponse {
    let body = "<h1>This link is not valid</h1>\
        <p>It was used before, is older than ten minutes, was opened in another browser, or was never given \
        out. Nothing has been linked.</p><p>Type <code>/link</code> at Discord to begin again.</p>";
    page(status_code, "This link is not valid", body, "'none'")
}

fn at_discord(account: &ExternalAccount) -> String {
    format!(
        "<dt>Discord account that typed /link</dt><dd><bdi>{}</bdi> (id {})</dd>",
        escaped(&account.name),
        escaped(&account.id)
    )
}

fn page(status_code: u16, title: &str, body: &str, form_action: &str) -> ApiResponse {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style>{STYLE}</style></head><body>{body}</body></html>"
    );
    let style = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action {form_action}; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    let mut response = ApiResponse::html(status_code, html);
    response.headers.extend([
        ("content-security-policy", policy),
        ("referrer-policy", "no-referrer".to_owned()),
        ("x-frame-options", "DENY".to_owned()),
        ("cross-origin-opener-policy", "same-origin".to_owned()),
        ("strict-transport-security", "max-age=31536000".to_owned()),
    ]);
    response
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() || " .,-_@+".contains(letter) {
            safe.push(letter);
        } else {
            // Writing to a string cannot fail.
            let _ = write!(safe, "&#{};", u32::from(letter));
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use second_brain_store::Provider;

    use super::*;

    const HOSTILE: &str = "\"><script>alert('1')</script>&\u{202e}";

    #[test]
    fn no_value_is_markup() {
        let account =
            ExternalAccount { provider: Provider::Discord, id: HOSTILE.into(), name: HOSTILE.into() };
        for page in [
            start(&account, HOSTILE, "https://sign-in.example.com"),
            confirmation(&account, HOSTILE, HOSTILE),
            code(&account, HOSTILE),
        ] {
            for raw in ["<script", "\"><script", "alert('", "\u{202e}"] {
                assert!(!page.body.contains(raw), "{raw}: {}", page.body);
            }
            assert!(page.body.contains("&#60;script&#62;"));
            assert!(page.headers["content-security-policy"].starts_with("default-src 'none'"));
        }
        assert_eq!(escaped("<a b='é'>"), "&#60;a b&#61;&#39;&#233;&#39;&#62;");
    }
}
