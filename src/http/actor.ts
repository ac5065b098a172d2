import type { Response } from 'express';
import { runAs, type Actor } from '../audit/actor.js';

const LOCAL: Actor = { kind: 'local' };

/** Says who sends the request; whoever checks keys calls it. Without, it is somebody on a server that asks for none. */
export function setActor(response: Response, actor: Actor): void {
  response.locals.actor = actor;
}

export function actorOf(response: Response): Actor {
  return (response.locals.actor as Actor | undefined) ?? LOCAL;
}

/** What follows is done by whoever sent the request. The parsers of bodies keep to the request's course; a test holds them to it. */
export function asSender(_request: unknown, response: Response, next: () => void): void {
  runAs(actorOf(response), next);
}
