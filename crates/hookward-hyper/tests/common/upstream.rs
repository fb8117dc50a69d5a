//! An application that shows which bytes it got.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// What the application does with each request.
#[derive(Clone, Copy)]
pub enum Behaviour {
    /// Reads it, then answers.
    Answer(&'static str),
    /// The same, and closes the connection without saying so.
    AnswerAndClose(&'static str),
    /// Answers once it has the head.
    AnswerAtHead(&'static str),
    /// Reads it and says nothing.
    Silence,
    /// Reads it and closes.
    HangUp,
}

pub struct Upstream {
    port: u16,
    heads: mpsc::UnboundedReceiver<()>,
    received: mpsc::UnboundedReceiver<Received>,
    pub connections: Arc<AtomicUsize>,
}

/// A request as the application got it.
#[derive(Debug)]
pub struct Received {
    pub head: String,
    pub body: Vec<u8>,
    /// Whether the body came to its end.
    pub whole: bool,
}

impl Received {
    pub fn target(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1).filter_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        });
        let value = lines.next();
        assert_eq!(lines.next(), None, "{name} occurs twice");
        value
    }
}

impl Upstream {
    pub async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (head, heads) = mpsc::unbounded_channel();
        let (sender, received) = mpsc::unbounded_channel();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, behaviour, head.clone(), sender.clone()));
            }
        });
        Self {
            port,
            heads,
            received,
            connections,
        }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Waits for the head of the next request.
    pub async fn head(&mut self) {
        self.heads.recv().await.unwrap();
    }

    /// The next request, once it has ended in one way or the other.
    pub async fn received(&mut self) -> Received {
        self.received.recv().await.unwrap()
    }

    /// Whether the application was left alone so far.
    pub fn saw_nothing(&mut self) -> bool {
        self.received.try_recv().is_err() && self.connections.load(Ordering::SeqCst) == 0
    }
}

async fn serve(
    stream: TcpStream,
    behaviour: Behaviour,
    head_seen: mpsc::UnboundedSender<()>,
    sender: mpsc::UnboundedSender<Received>,
) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            match stream.read_line(&mut head).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
        head_seen.send(()).unwrap();
        let mut received = Received {
            head,
            body: Vec::new(),
            whole: false,
        };
        if let Behaviour::AnswerAtHead(answer) = behaviour {
            stream.get_mut().write_all(answer.as_bytes()).await.unwrap();
        }
        received.whole = read_body(&mut stream, &received.head, &mut received.body)
            .await
            .is_some();
        let whole = received.whole;
        sender.send(received).unwrap();
        match behaviour {
            Behaviour::Answer(answer) | Behaviour::AnswerAndClose(answer) if whole => {
                let written = stream.get_mut().write_all(answer.as_bytes()).await;
                if written.is_err() || matches!(behaviour, Behaviour::AnswerAndClose(_)) {
                    return;
                }
            }
            Behaviour::Silence if whole => {
                // Until the other side gives up.
                let _ = stream.read_u8().await;
                return;
            }
            Behaviour::AnswerAtHead(_) if whole => {}
            _ => return,
        }
    }
}

async fn read_body(
    stream: &mut BufReader<TcpStream>,
    head: &str,
    body: &mut Vec<u8>,
) -> Option<()> {
    let head = head.to_ascii_lowercase();
    let value = |name: &str| {
        head.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    };
    if value("transfer-encoding") == Some("chunked") {
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).await.ok()?;
            let size = usize::from_str_radix(line.strip_suffix("\r\n")?, 16).ok()?;
            read_exactly(stream, size, body).await?;
            let mut end = [0; 2];
            stream.read_exact(&mut end).await.ok()?;
            assert_eq!(&end, b"\r\n", "a chunk, or no trailers");
            if size == 0 {
                return Some(());
            }
        }
    }
    let length = value("content-length").map_or(0, |length| length.parse().unwrap());
    read_exactly(stream, length, body).await
}

async fn read_exactly(
    stream: &mut BufReader<TcpStream>,
    mut left: usize,
    body: &mut Vec<u8>,
) -> Option<()> {
    let mut chunk = [0; 4096];
    while left > 0 {
        let room = left.min(chunk.len());
        match stream.read(&mut chunk[..room]).await {
            Ok(0) | Err(_) => return None,
            Ok(n) => {
                body.extend_from_slice(&chunk[..n]);
                left -= n;
            }
        }
    }
    Some(())
}
