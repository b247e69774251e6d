// SPDX-License-Identifier: MIT OR Apache-2.0
//! A template provider: the server of the Template Distribution protocol, with templates of
//! template.rs. What it is asked for beyond templates it has not, and says so.

use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use common_messages_sv2::{Protocol, SetupConnectionSuccess};
use parsers_sv2::{
    AnyMessageOwned, CommonMessagesOwned, TemplateDistributionOwned as Distribution,
};
use template_distribution_sv2::RequestTransactionDataErrorOwned;

use crate::client::text;
use crate::keys::Authority;
use crate::link::{Heard, Link};
use crate::template::{new_template, new_tip};
use crate::wire::{Outcome, common, encode, parse, sentence};

const CHAIN: u8 = 0x7e;
/// Between two looks at the clock.
const TURN: Duration = Duration::from_millis(100);

pub struct Provider {
    pub place: String,
    /// Tips that were told so far.
    pub tips: Arc<AtomicU64>,
    faults: Arc<Mutex<Vec<String>>>,
}

struct Serving {
    link: Link,
    tips: Arc<AtomicU64>,
    /// The last one's id, of all connections: a pool that comes back finds other work.
    templates: Arc<AtomicU64>,
    wants_templates: bool,
}

impl Provider {
    /// A tip every `tip`, and a template for the same one every `refresh` between.
    pub fn start(authority: &Authority, tip: Duration, refresh: Duration) -> Outcome<Provider> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(sentence("listen"))?;
        let place = listener.local_addr().map_err(sentence("listen"))?.to_string();
        let (tips, templates) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let faults = Arc::new(Mutex::new(Vec::new()));
        let (authority, told, noted) = (authority.clone(), tips.clone(), faults.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (authority, noted) = (authority.clone(), noted.clone());
                let (tips, templates) = (told.clone(), templates.clone());
                thread::spawn(move || {
                    let served = serve(stream, &authority, tips, templates, tip, refresh);
                    noted.lock().expect("faults").extend(served.err());
                });
            }
        });
        Ok(Provider { place, tips, faults })
    }

    /// What a pool has no business to say to a provider.
    pub fn faults(&self) -> String {
        self.faults.lock().expect("faults").join("; ")
    }
}

fn serve(
    stream: TcpStream,
    authority: &Authority,
    tips: Arc<AtomicU64>,
    templates: Arc<AtomicU64>,
    tip: Duration,
    refresh: Duration,
) -> Outcome<()> {
    let link = Link::respond(stream, authority)?;
    let mut serving = Serving { link, tips, templates, wants_templates: false };
    let (mut tip_at, mut refresh_at): (Option<Instant>, _) = (None, Instant::now());
    loop {
        match serving.link.hear(TURN)? {
            Heard::Frame(frame) => serving.hear(parse(&frame)?)?,
            Heard::Nothing => {}
            Heard::Closed => return Ok(()),
        }
        if !serving.wants_templates {
            continue;
        }
        if tip_at.is_none_or(|at| at.elapsed() >= tip) {
            serving.change_tip();
            (tip_at, refresh_at) = (Some(Instant::now()), Instant::now());
        } else if refresh_at.elapsed() >= refresh {
            let id = serving.next_template();
            serving.send(Distribution::NewTemplate(new_template(id, false)));
            refresh_at = Instant::now();
        }
    }
}

impl Serving {
    fn send(&mut self, message: Distribution) {
        self.link.send(&encode(AnyMessageOwned::TemplateDistribution(message)));
    }

    fn next_template(&self) -> u64 {
        self.templates.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn change_tip(&mut self) {
        let id = self.next_template();
        self.send(Distribution::NewTemplate(new_template(id, true)));
        self.send(Distribution::SetNewPrevHash(new_tip(id, CHAIN)));
        self.tips.fetch_add(1, Ordering::Relaxed);
    }

    fn hear(&mut self, message: AnyMessageOwned) -> Outcome<()> {
        match message {
            AnyMessageOwned::Common(CommonMessagesOwned::SetupConnection(setup))
                if setup.protocol == Protocol::TemplateDistributionProtocol =>
            {
                let success = SetupConnectionSuccess { used_version: 2, flags: 0 };
                self.link.send(&common(CommonMessagesOwned::SetupConnectionSuccess(success)));
                Ok(())
            }
            AnyMessageOwned::TemplateDistribution(Distribution::CoinbaseOutputConstraints(_)) => {
                self.wants_templates = true;
                Ok(())
            }
            AnyMessageOwned::TemplateDistribution(Distribution::RequestTransactionData(asked)) => {
                let error = RequestTransactionDataErrorOwned {
                    template_id: asked.template_id,
                    error_code: text("template-id-not-found"),
                };
                self.send(Distribution::RequestTransactionDataError(error));
                Ok(())
            }
            other => Err(format!("a pool says {other} to its template provider")),
        }
    }
}
