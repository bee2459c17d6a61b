//! Answers for people: a table for a list, `name  value` for one thing.

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use serde_json::Value;

use super::columns::{cell, columns};
use crate::exit::Result;
use crate::output;

/// How wide a table is where there is no terminal to measure.
const WIDTH: u16 = 160;

/// Shows an `ok` object: its lists as tables, its objects member by member.
pub(super) fn show(ok: &Value) -> Result {
    let Some(members) = ok.as_object() else {
        return output::json(ok);
    };
    let loose: Vec<_> = members
        .iter()
        .filter(|(name, value)| !value.is_object() && !value.is_array() && *name != "next")
        .collect();
    if !loose.is_empty() {
        output::data(pairs(loose.into_iter()))?;
    }
    for (name, value) in members {
        match value {
            Value::Array(rows) if rows.is_empty() => output::talk(format_args!("no {name}")),
            Value::Array(rows) if rows.iter().all(Value::is_object) => {
                output::data(list(name, rows))?;
            }
            Value::Array(_) => output::data(format_args!("{name}  {}", cell(Some(value))))?,
            Value::Object(object) => output::data(pairs(object.iter()))?,
            _ => {}
        }
    }
    if members.is_empty() {
        output::talk("Done.");
    }
    if let Some(next) = members.get("next").filter(|next| !next.is_null()) {
        output::talk(format_args!("There is more: --before {}", cell(Some(next))));
    }
    Ok(())
}

/// A list as a table.
fn list(name: &str, rows: &[Value]) -> Table {
    let mut table = table();
    let columns = columns(name, rows);
    table.set_header(columns.iter().map(|column| column.to_uppercase()));
    for row in rows {
        table.add_row(columns.iter().map(|column| cell(row.get(column))));
    }
    table
}

/// One thing, a member a line.
fn pairs<'a>(members: impl Iterator<Item = (&'a String, &'a Value)>) -> Table {
    let mut table = table();
    for (name, value) in members {
        let value = match value {
            Value::Object(_) => output::clean(&value.to_string()),
            value => cell(Some(value)),
        };
        table.add_row([name.as_str(), value.as_str()]);
    }
    table
}

fn table() -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING);
    if output::is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    } else {
        // A program cuts lines, not cells: what belongs together stays on one.
        table
            .set_content_arrangement(ContentArrangement::Disabled)
            .set_width(WIDTH);
    }
    table
}
