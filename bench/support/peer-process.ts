import { ownCpuMs } from './harness.js';
import { loadPeer, type PeerName } from './peer.js';

/** Runs one peer on each message and replies with its CPU time so far when done. Started by `peer-candidates.ts`. */
const run = await loadPeer(process.argv[2] as PeerName);
process.on('message', () => void run().then(() => process.send!(ownCpuMs())));
process.send!(ownCpuMs());
