/** Where sockets of live queries are opened: both paths of the original clients. Nothing else is ever served there. */
export const SOCKET_ROUTE = '/v1/api/socket/json';
export const PROJECT_SOCKET_ROUTE = '/v1/api/:project/socket/json';

/** Whether a route, as it was declared, opens a socket. */
export function isSocketRoute(route: string | undefined): boolean {
  return route === SOCKET_ROUTE || route === PROJECT_SOCKET_ROUTE;
}
