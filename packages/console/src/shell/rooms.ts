import { Layers, Waypoints } from 'lucide-react';
import type { LucideIcon } from 'lucide-react';

/** The rooms of the console, in the order of the navigation. A new one is a line here and a route. */
export const ROOMS: readonly { readonly to: '/collections' | '/pipeline'; readonly label: string; readonly Icon: LucideIcon }[] = [
  { to: '/collections', label: 'Collections', Icon: Layers },
  { to: '/pipeline', label: 'Pipeline', Icon: Waypoints },
];
