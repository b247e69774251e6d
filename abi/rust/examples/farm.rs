// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The farm of tests/embed/farm.c through this crate: from the same seed the same lines.
// Usage: farm PATH/hashmux.so [SEED]
use hashmux_host::*;

const SECOND_NS: u64 = 1_000_000_000;
const MINERS: u64 = 24;
const SECONDS: u32 = 3600;
const CONFIG: &str = "[upstream.alpha]\naddress = a.example\nport = 3333\npercentage = 60\npriority = 1\n\
[upstream.beta]\naddress = b.example\nport = 3333\npercentage = 30\npriority = 2\n\
[upstream.gamma]\naddress = c.example\nport = 3333\npercentage = 10\npriority = 3\n";

#[derive(Clone, Copy, Default)]
struct Miner {
    cookie: u64,
    difficulty: f64,
    at: u32,
    prefix: Prefix,
}

struct Farm {
    mux: Instance,
    now_ns: u64,
    state: u64,
    answered: u64,
    miners: Vec<Miner>,
}

impl Farm {
    fn draw(&mut self) -> u64 {
        // xorshift64*
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(2685821657736338717)
    }

    fn report_pool(&mut self, upstream: u32, connection: Connection) -> Result<()> {
        let mut state = UpstreamState::new(connection);
        if connection == Connection::Up {
            state.has_job = Some(true);
            state.extranonce_size = 16;
            state.extranonce_prefix = Prefix::new(&[upstream as u8, 0xa0]);
        }
        self.mux.on_upstream(self.now_ns, upstream, &state)
    }

    fn connect(&mut self) -> Result<()> {
        for pool in self.mux.upstreams()? {
            println!("upstream {} {} {}:{}", pool.number, pool.id, pool.address, pool.port);
            self.report_pool(pool.number, Connection::Up)?;
        }
        Ok(())
    }

    fn open_channels(&mut self) -> Result<()> {
        for i in 1..=MINERS {
            let name = format!("farm.w{i:02}");
            let hashrate = 50e12 + 10e12 * (i % 10) as f64;
            let extended = i % 3 != 0;
            let size = if extended { 8 } else { 0 };
            let open = ChannelOpen {
                kind: if extended { ChannelKind::Extended } else { ChannelKind::Standard },
                min_extranonce_size: size,
                extranonce_size: size,
                nominal_hashrate: hashrate,
                user_identity: &name,
                ..ChannelOpen::new(i, i)
            };
            let opened = self.mux.on_channel_open(self.now_ns, &open)?;
            let mut miner = Miner { cookie: opened.cookie, difficulty: hashrate * 10.0 / 4295032833.0, ..Miner::default() };
            if let Placement::Assign { upstream, prefix, .. } = opened.placement {
                miner.at = upstream;
                miner.prefix = prefix;
            }
            println!("open {i} on {} prefix {}", miner.at, miner.prefix);
            self.miners.push(miner);
        }
        Ok(())
    }

    fn report_share(&mut self, channel: u64, verdict: Verdict) -> Result<()> {
        let miner = self.miners[channel as usize - 1];
        let share = Share {
            channel,
            cookie: miner.cookie,
            upstream: miner.at,
            verdict,
            count: 1,
            work: miner.difficulty,
            credit: 0.0,
            local: false,
        };
        self.mux.on_share(self.now_ns, &share)
    }

    fn mine(&mut self) -> Result<()> {
        for channel in 1..=MINERS {
            if self.draw() % 10 == 0 && self.miners[channel as usize - 1].at != 0 {
                self.report_share(channel, Verdict::Submitted)?;
                let verdict = if self.draw() % 100 == 0 { Verdict::RejectedStale } else { Verdict::Accepted };
                self.report_share(channel, verdict)?;
            }
        }
        Ok(())
    }

    fn carry_out(&mut self, second: u32, d: Decision) -> Result<()> {
        let old = self.miners[d.channel as usize - 1];
        println!(
            "{second} decision {} channel {} from {} to {} style {} reason {} prefix {}",
            d.decision, d.channel, d.from, d.to, d.style as u32, d.reason, d.prefix
        );
        self.answered += 1;
        if self.answered % 13 == 0 {
            return self.mux.on_reassign(self.now_ns, &Outcome::Refused(d));
        }
        let miner = &mut self.miners[d.channel as usize - 1];
        miner.at = d.to;
        miner.prefix = d.prefix;
        self.mux.on_reassign(self.now_ns, &Outcome::Applied(d, d.prefix))?;
        let drained = Outcome::Drained { channel: d.channel, from: d.from, prefix: old.prefix };
        self.mux.on_reassign(self.now_ns, &drained)
    }

    fn run(&mut self) -> Result<()> {
        let mut decisions = Vec::new();
        for second in 1..=SECONDS {
            self.now_ns += SECOND_NS;
            self.mine()?;
            match second {
                1200 => self.report_pool(1, Connection::Down(DownReason::Lost))?,
                1500 => self.report_pool(1, Connection::Up)?,
                2000 => self.mux.set_targets(self.now_ns, &[(1, 50.0), (2, 30.0), (3, 20.0)])?,
                _ => {}
            }
            self.mux.on_tick(self.now_ns, 0, &mut decisions)?;
            for d in std::mem::take(&mut decisions) {
                self.carry_out(second, d)?;
            }
        }
        Ok(())
    }

    fn end(mut self) -> Result<()> {
        let (totals, rows) = self.mux.snapshot()?;
        for row in rows {
            println!(
                "{} channels {} submitted {} accepted {} rejected {}",
                row.id(), row.channels, row.submitted.count, row.accepted.count, row.rejected_stale.count
            );
        }
        println!("decisions {} applied {} refused {}", totals.decisions, totals.moves_applied, totals.moves_refused);
        let bytes = self.mux.save()?;
        let hash = bytes.iter().fold(14695981039346656037u64, |hash, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(1099511628211)
        });
        println!("state {} bytes {hash:016x}", bytes.len());
        println!("blocks left {}", self.mux.destroy());
        Ok(())
    }
}

fn run(path: &str, seed: u64) -> Result<()> {
    let caps = Caps::REASSIGN | Caps::SHARE_WORK | Caps::EXTRANONCE | Caps::DRAIN_REPORT | Caps::SOFT_MOVE;
    // Safety: whoever starts this names a plugin that they trust.
    let plugin = unsafe { Plugin::load(path, caps)? };
    let mut options = Options { config_text: CONFIG.into(), host_name: "farm".into(), ..Options::default() };
    options.seed[..8].copy_from_slice(&seed.to_le_bytes());
    let mux = Instance::create(&plugin, options, SECOND_NS)?;
    let mut farm = Farm { mux, now_ns: SECOND_NS, state: seed * 2 + 1, answered: 0, miners: Vec::new() };
    farm.connect()?;
    farm.open_channels()?;
    farm.run()?;
    farm.end()
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.len() < 2 {
        eprintln!("usage: farm PATH/hashmux.so [SEED]");
        std::process::exit(2);
    }
    let seed = arguments.get(2).and_then(|text| text.parse().ok()).unwrap_or(1);
    if let Err(error) = run(&arguments[1], seed) {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
