//! Any text inside any format: names come from files that others wrote, and no name may change what surrounds it.

/// As the content of an element or a double-quoted attribute of HTML and SVG.
///
/// Control characters that either forbids become U+FFFD.
pub(crate) fn markup(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\t' | '\n' => escaped.push(c),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            c if c.is_control() => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

/// As a field of a TSV file, one row a line: tab, line feed, carriage return and backslash become `\t`, `\n`, `\r`
/// and `\\`. Nothing else is touched, quotes included.
pub(crate) fn tsv(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => escaped.push_str("\\t"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\\' => escaped.push_str("\\\\"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// As a cell of a Markdown table: shown literally, on one line.
///
/// An underscore inside a word never starts emphasis, so that names such as `chr1_random` stay as they are.
pub(crate) fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '\n' => escaped.push_str("<br>"),
            '_' if before.is_alphanumeric() && rest.peek().is_some_and(|c| c.is_alphanumeric()) => {
                escaped.push(c)
            }
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '~' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
        before = c;
    }
    escaped
}

/// As a word on a terminal: control characters are spelled out, so that no name moves the cursor.
pub(crate) fn terminal(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { escaped.extend(c.escape_default()) } else { escaped.push(c) }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hostile_names_stay_inside() {
        let name = "<b a=\"1\">&amp;|\t\n'\u{1b}[31m";
        assert_eq!(markup(name), "&lt;b a=&quot;1&quot;&gt;&amp;amp;|\t\n&#39;\u{fffd}[31m");
        assert_eq!(tsv("a\tb\nc\r\\d\"e"), "a\\tb\\nc\\r\\\\d\"e");
        assert_eq!(markdown("a|b<i>\nc*d*"), "a\\|b&lt;i><br>c\\*d\\*");
        assert_eq!(terminal("a\tb\u{1b}[2J"), "a\\tb\\u{1b}[2J");
    }

    #[test]
    fn markdown_keeps_underscores_inside_words() {
        assert_eq!(markdown("chr1_gl000191_random"), "chr1_gl000191_random");
        assert_eq!(markdown("_a_ b_"), "\\_a\\_ b\\_");
    }

    proptest! {
        #[test]
        fn any_text_is_an_attribute_and_an_element(text in any::<String>()) {
            let markup = markup(&text);
            let document = format!("<a b=\"{markup}\">{markup}</a>");
            let parsed = roxmltree::Document::parse(&document).unwrap();
            let shown: String = text
                .chars()
                .map(|c| match c {
                    '\t' | '\n' => c,
                    '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
                    c if c.is_control() => '\u{fffd}',
                    c => c,
                })
                .collect();
            prop_assert_eq!(parsed.root_element().text().unwrap_or(""), shown);
            prop_assert_eq!(parsed.root_element().children().count(), usize::from(!text.is_empty()));
        }

        #[test]
        fn tsv_fields_come_back(text in "[\\\\a\tnrt\n\r]*") {
            let field = tsv(&text);
            prop_assert!(!field.contains(['\t', '\n', '\r']));
            let mut back = String::new();
            let mut rest = field.chars();
            while let Some(c) = rest.next() {
                back.push(match c {
                    '\\' => match rest.next().unwrap() {
                        't' => '\t',
                        'n' => '\n',
                        'r' => '\r',
                        other => other,
                    },
                    c => c,
                });
            }
            prop_assert_eq!(back, text);
        }
    }
}
