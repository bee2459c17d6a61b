//! Which pages may open the WebSocket.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::world::{ORIGIN, World};

async fn upgrade(world: &World, origin: Option<&str>) -> u16 {
    let address = ("127.0.0.1", world.websocket);
    let mut stream = TcpStream::connect(address).await.unwrap();
    let origin = origin.map_or(String::new(), |origin| format!("Origin: {origin}\r\n"));
    let request = format!(
        "GET / HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{origin}\r\n",
        world.websocket
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).await.unwrap();
    std::str::from_utf8(&status[9..]).unwrap().parse().unwrap()
}

#[tokio::test]
async fn only_the_consoles_page_may_open_the_websocket() {
    let world = World::start().await;
    assert_eq!(upgrade(&world, Some(ORIGIN)).await, 101);
    // Only browsers send an origin.
    assert_eq!(upgrade(&world, None).await, 101);
    let websocket = format!("http://127.0.0.1:{}", world.websocket);
    for origin in [
        "http://evil.example",
        "https://127.0.0.1:8081",
        "http://127.0.0.1:8082",
        "http://127.0.0.1",
        "http://localhost:8081",
        "http://127.0.0.1.evil.example:8081",
        &websocket,
        "null",
        "file://",
    ] {
        assert_eq!(upgrade(&world, Some(origin)).await, 403, "{origin}");
    }
    world.stop().await.unwrap();
}
