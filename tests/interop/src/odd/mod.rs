// SPDX-License-Identifier: MIT OR Apache-2.0
//! Parts "odd_client" and "odd_pool": frames that are odd and mostly legal, towards host_stub as a
//! server and as a client, each with the answer that the specification asks for.

pub mod client;
mod client_rows;
pub mod pool;
mod pool_rows;
mod said;

/// Characters of what was said that are printed.
const SHOWN_MOST: usize = 160;

/// What must be said to a row.
#[derive(Clone)]
pub enum Verdict {
    Holds(String),
    /// What should be said, where something else still is; not a failure, and told.
    NotYet(String),
}

/// What is compared: the rows, the failures among them, and those that do not hold yet.
#[derive(Default)]
struct Judged {
    rows: usize,
    wrong: Vec<String>,
    not_yet: Vec<String>,
    /// Rows that are said not to hold, and do.
    better: Vec<String>,
}

impl Judged {
    fn row(&mut self, name: &str, verdict: &Verdict, said: &str) {
        self.rows += 1;
        let shown: String = said.chars().take(SHOWN_MOST).collect();
        let line = |wanted: &str| format!("{name}: {shown}; wanted: {wanted}");
        match verdict {
            Verdict::Holds(wanted) if wanted == said => {}
            Verdict::Holds(wanted) => self.wrong.push(line(wanted)),
            Verdict::NotYet(wanted) if wanted == said => self.better.push(name.into()),
            Verdict::NotYet(wanted) => self.not_yet.push(line(wanted)),
        }
    }

    fn result(self) -> Result<String, String> {
        for line in &self.not_yet {
            println!("  NOT HELD YET: {line}");
        }
        for name in &self.better {
            println!("  NOW IT HOLDS, so say so in its row: {name}");
        }
        for line in &self.wrong {
            println!("  WRONG: {line}");
        }
        match self.wrong.is_empty() {
            true => Ok(format!(
                "{} rows, {} as the specification says, {} not yet",
                self.rows,
                self.rows - self.not_yet.len(),
                self.not_yet.len()
            )),
            false => {
                Err(format!("{} of {} rows are answered otherwise", self.wrong.len(), self.rows))
            }
        }
    }
}
