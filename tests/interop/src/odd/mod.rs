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

/// What is compared: the rows, and the failures among them.
#[derive(Default)]
struct Judged {
    rows: usize,
    wrong: Vec<String>,
}

impl Judged {
    fn row(&mut self, name: &str, wanted: &str, said: &str) {
        self.rows += 1;
        if wanted != said {
            let shown: String = said.chars().take(SHOWN_MOST).collect();
            self.wrong.push(format!("{name}: {shown}; wanted: {wanted}"));
        }
    }

    fn result(self) -> Result<String, String> {
        for line in &self.wrong {
            println!("  WRONG: {line}");
        }
        match self.wrong.is_empty() {
            true => Ok(format!("{} rows, all as the specification says", self.rows)),
            false => {
                Err(format!("{} of {} rows are answered otherwise", self.wrong.len(), self.rows))
            }
        }
    }
}
