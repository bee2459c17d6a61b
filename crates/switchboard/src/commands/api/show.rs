//! Prints answers for people: a list as a table, an object as lines of `name  value`.

use chat::api::Method;
use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use serde_json::Value;

use super::columns::{cell, columns, heading, is_hidden, member, member_text, ordered};
use crate::exit::Result;
use crate::output;

/// Prints an `ok` object: its lists as tables, its objects member by member.
pub(super) fn show(method: &Method, ok: &Value) -> Result {
    let Some(members) = ok.as_object() else {
        return output::json(ok);
    };
    let shown = || members.iter().filter(|(name, _)| !is_hidden(members, name));
    let objects = shown().filter(|(_, value)| value.is_object()).count();
    let plain: Vec<_> = shown()
        .filter(|(name, value)| is_plain(value) && *name != "next")
        .collect();
    // Plain members are only printed without an object, which repeats them.
    if objects == 0 && !plain.is_empty() && !shown().any(|(_, value)| is_rows(value)) {
        output::data(lines(&pairs(&plain)))?;
    }
    for (name, value) in shown() {
        match value {
            Value::Array(rows) if rows.is_empty() => output::message(format_args!("no {name}")),
            Value::Array(rows) if is_rows(value) => output::data(lines(&list(name, rows)))?,
            Value::Object(object) => {
                if objects > 1 {
                    output::data(format_args!("{}:", heading(name)))?;
                }
                output::data(lines(&pairs(&ordered(name, object))))?;
            }
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => {}
        }
    }
    if members.is_empty() {
        output::message("Done.");
    }
    if let Some(next) = members.get("next").filter(|next| !next.is_null()) {
        let takes_before = method.parameters.iter().any(|p| p.name == "before");
        let flag = if takes_before { "before" } else { "position" };
        output::message(format_args!("More entries: --{flag} {}", cell(Some(next))));
    }
    Ok(())
}

/// Whether this is a list of at least one object.
fn is_rows(value: &Value) -> bool {
    value
        .as_array()
        .is_some_and(|rows| !rows.is_empty() && rows.iter().all(Value::is_object))
}

/// Whether this is neither an object nor a list of objects.
fn is_plain(value: &Value) -> bool {
    value.as_array().map_or(!value.is_object(), |list| {
        !list.is_empty() && !list.iter().any(Value::is_object)
    })
}

/// A list as a table.
fn list(name: &str, rows: &[Value]) -> Table {
    let mut table = table();
    let columns = columns(name, rows);
    table.set_header(columns.iter().map(|column| heading(column)));
    for row in rows {
        table.add_row(columns.iter().map(|column| member(row, column)));
    }
    unpad(&mut table);
    table
}

/// An object, one member per line, without empty members.
fn pairs(members: &[(&String, &Value)]) -> Table {
    let mut table = table();
    for (name, value) in members {
        let value = member_text(name, value);
        if !value.is_empty() {
            table.add_row([name.as_str(), value.as_str()]);
        }
    }
    unpad(&mut table);
    table
}

fn table() -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING);
    // Without a terminal, a row stays on one line, for programs like cut.
    table.set_content_arrangement(if output::is_terminal() {
        ContentArrangement::Dynamic
    } else {
        ContentArrangement::Disabled
    });
    table
}

/// Removes the padding at the left edge.
fn unpad(table: &mut Table) {
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
}

/// The table without trailing spaces.
fn lines(table: &Table) -> String {
    table.trim_fmt()
}
